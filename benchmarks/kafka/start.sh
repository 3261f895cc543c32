#!/bin/sh
# One Kafka node in KRaft mode:
#   start.sh HOST PORT DATA_DIR [KEY=VALUE ...]   starts it in the foreground; JVM options: JAVA_TOOL_OPTIONS
#   start.sh --build                              makes what every start begins with, so that it is not made each time
set -eu

properties() { # HOST PORT CONTROLLER_PORT LOG
  cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@$1:$3
listeners=PLAINTEXT://$1:$2,CONTROLLER://$1:$3
advertised.listeners=PLAINTEXT://$1:$2
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
END
}

free_ports() { # two of them
  python3 -c '
import socket
a, b = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
print(a.getsockname()[1], b.getsockname()[1])'
}

# The empty log takes a JVM to format. With the archive of loaded classes (class data sharing) a start does not read and
# check thousands of classes from their jars once more; what Kafka then does is the same with and without it.
if [ "$1" = --build ]; then
  rm -rf template kafka.jsa
  mkdir template
  set -- $(free_ports)
  properties 127.0.0.1 "$1" "$2" "$PWD/template/log" >template/server.properties
  java -cp 'lib/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c template/server.properties
  cp -r template/log template/unused
  # Training: one start and stop, on a copy, since a broker leaves its marks in its log.
  properties 127.0.0.1 "$1" "$2" "$PWD/template/unused" >template/server.properties
  java -XX:ArchiveClassesAtExit=kafka.jsa -Dlog4j2.configurationFile=log4j2.properties -cp 'lib/*' \
    kafka.Kafka template/server.properties &
  trap 'kill -9 $!' EXIT
  python3 - "$1" <<'END'
import socket, sys, time
deadline_s = time.monotonic() + 120
while True:
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
        break
    except OSError:
        if time.monotonic() > deadline_s:
            sys.exit("the training start of Kafka was not ready within 120 s")
        time.sleep(0.1)
END
  kill $!
  wait $! || [ $? = 143 ]
  trap - EXIT
  rm -r template/unused template/server.properties
  test -f kafka.jsa
  exit
fi

host=$1 port=$2 data=$3
shift 3
cp -r template/log "$data/log"
# The controller needs a port of its own, which nobody else is told.
free=$(free_ports)
{
  properties "$host" "$port" "${free% *}" "$data/log"
  for setting; do echo "$setting"; done
} >"$data/server.properties"
exec java -XX:SharedArchiveFile=kafka.jsa -Dlog4j2.configurationFile=log4j2.properties -cp 'lib/*' kafka.Kafka "$data/server.properties"
