#!/bin/sh
# What Miniflare starts in workerd's place: notes the process id, lifts the descriptor limit, becomes workerd.
# A live Durable Object holds three descriptors, so the soft limit of many systems (1,024) is some 300 visitors.
ulimit -n "$(ulimit -Hn)" 2>/dev/null
echo $$ >"$ADROIT_WORKERD_PID_FILE"
exec "$ADROIT_WORKERD" "$@"
