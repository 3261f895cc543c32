#!/bin/sh
# One Kafka node in KRaft mode:
#   start.sh HOST PORT DATA_DIR [KEY=VALUE ...]   starts it in the foreground
#   start.sh --format                             makes the empty log that every start begins with, which takes a JVM
set -eu

properties() { # HOST PORT CONTROLLER_PORT LOG
  cat <<EOF
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
EOF
}

# Java expands the star of lib/*, and the shell must not.
if [ "$1" = --format ]; then
  mkdir -p template
  properties 127.0.0.1 9092 9093 "$PWD/template/log" >template/server.properties
  java -Xmx256m -cp 'lib/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c template/server.properties
  exit
fi

host=$1 port=$2 data=$3
shift 3
cp -r template/log "$data/log"
# The controller needs a port of its own, which nobody else is told.
controller=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
{
  properties "$host" "$port" "$controller" "$data/log"
  for setting; do echo "$setting"; done
} >"$data/server.properties"
exec java -Xms512m -Xmx512m -cp 'lib/*' kafka.Kafka "$data/server.properties"
