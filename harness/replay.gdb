# A worker runs each case in a process of its own.  The others, for the peers and for loading the adapter on trial, come
# and go before the first one: only from there on gdb goes where a fork does.
set breakpoint pending on
break worker_replay
commands
    silent
    set follow-fork-mode child
    continue
end

define hook-run
    set follow-fork-mode parent
end
