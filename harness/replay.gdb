# A worker runs each case in a process of its own: keep hold of all of them.
set detach-on-fork off
set schedule-multiple on
