#!/bin/sh
# Makes a git repository of two versions of Apache Kafka, which perf compares by name: make-repository.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
mkdir "$folder"
cp "$here/pom.xml" "$here/perf.toml" "$here/start.sh" "$here/log4j2.properties" "$folder"
cd "$folder"
git init -q -b main
for version in 3.9.1 4.3.1; do
  sed -i "s|<kafka.version>.*</kafka.version>|<kafka.version>$version</kafka.version>|" pom.xml
  git add -A
  git -c user.name=perf -c user.email=perf@example.org -c commit.gpgsign=false commit -q --allow-empty -m "Kafka $version"
  git tag "$version"
done
