// A log broker as small as a Kafka client lets it be: it stores what it is given and tells how much it has.
// It stands for a user's own broker, in another language than the toolkit's.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
)

const (
	produce     = 0
	listOffsets = 2
	metadata    = 3
	apiVersions = 18
	createTopic = 19
	unsupported = 35
	unknown     = 3
)

// How often each batch is hashed before it is stored.
const hashes = 1

type partition struct {
	sync.Mutex
	file *os.File
	end  int64
}

type broker struct {
	sync.Mutex
	host   string
	port   int32
	dir    string
	sync   string
	topics map[string][]*partition
}

func main() {
	host := flag.String("host", "127.0.0.1", "address")
	port := flag.Int("port", 9092, "port")
	dir := flag.String("dir", "", "folder of the log")
	flush := flag.String("flush", "none", "none, or each: sync after every batch")
	flag.Parse()
	listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", *host, *port))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	b := &broker{host: *host, port: int32(*port), dir: *dir, sync: *flush, topics: map[string][]*partition{}}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go b.serve(connection)
	}
}

func (b *broker) serve(connection net.Conn) {
	defer connection.Close()
	size := make([]byte, 4)
	for {
		if _, err := io.ReadFull(connection, size); err != nil {
			return
		}
		request := make([]byte, binary.BigEndian.Uint32(size))
		if _, err := io.ReadFull(connection, request); err != nil {
			return
		}
		in := &reader{request}
		key, version, correlation := in.int16(), in.int16(), in.int32()
		in.string() // client id
		out := &writer{}
		out.int32(0)
		out.int32(correlation)
		if !b.answer(key, version, in, out) {
			continue
		}
		binary.BigEndian.PutUint32(out.bytes, uint32(len(out.bytes)-4))
		if _, err := connection.Write(out.bytes); err != nil {
			return
		}
	}
}

// answer tells whether there is an answer at all: acks=0 has none.
func (b *broker) answer(key, version int16, in *reader, out *writer) bool {
	switch key {
	case apiVersions:
		b.apiVersions(version, out)
	case metadata:
		b.metadata(in, out)
	case createTopic:
		b.create(in, out)
	case listOffsets:
		b.listOffsets(in, out)
	case produce:
		return b.produce(version, in, out)
	}
	return true
}

func (b *broker) apiVersions(version int16, out *writer) {
	if version > 0 {
		out.int16(unsupported)
	} else {
		out.int16(0)
	}
	// Fetch is announced and not there: clients take it for a sign of the record format.
	spoken := [][3]int16{{produce, 3, 7}, {1, 4, 4}, {listOffsets, 1, 1}, {metadata, 4, 4}, {apiVersions, 0, 0}, {createTopic, 2, 4}}
	out.int32(int32(len(spoken)))
	for _, api := range spoken {
		for _, number := range api {
			out.int16(number)
		}
	}
}

func (b *broker) metadata(in *reader, out *writer) {
	b.Lock()
	defer b.Unlock()
	names := []string{}
	count := in.int32()
	for i := int32(0); i < count; i++ {
		names = append(names, in.string())
	}
	if count < 0 {
		for name := range b.topics {
			names = append(names, name)
		}
	}
	out.int32(0) // throttle
	out.int32(1)
	out.int32(0) // node
	out.string(b.host)
	out.int32(b.port)
	out.int16(-1) // rack
	out.int16(-1) // cluster
	out.int32(0)  // controller
	out.int32(int32(len(names)))
	for _, name := range names {
		partitions := b.topics[name]
		if partitions == nil {
			out.int16(unknown)
		} else {
			out.int16(0)
		}
		out.string(name)
		out.byte(0)
		out.int32(int32(len(partitions)))
		for index := range partitions {
			out.int16(0)
			out.int32(int32(index))
			out.int32(0) // leader
			for range 2 {
				out.int32(1) // replicas, in sync
				out.int32(0)
			}
		}
	}
}

func (b *broker) create(in *reader, out *writer) {
	b.Lock()
	defer b.Unlock()
	out.int32(0)
	count := in.int32()
	out.int32(count)
	for i := int32(0); i < count; i++ {
		name, partitions := in.string(), in.int32()
		in.int16()
		for j := in.int32(); j > 0; j-- {
			in.int32()
			for k := in.int32(); k > 0; k-- {
				in.int32()
			}
		}
		for j := in.int32(); j > 0; j-- {
			in.string()
			in.string()
		}
		for index := len(b.topics[name]); index < int(partitions); index++ {
			file, err := os.Create(filepath.Join(b.dir, fmt.Sprintf("%s-%d.log", name, index)))
			if err != nil {
				panic(err)
			}
			b.topics[name] = append(b.topics[name], &partition{file: file})
		}
		out.string(name)
		out.int16(0)
		out.int16(-1)
	}
}

func (b *broker) partition(topic string, index int32) *partition {
	b.Lock()
	defer b.Unlock()
	if partitions := b.topics[topic]; int(index) < len(partitions) {
		return partitions[index]
	}
	return nil
}

func (b *broker) listOffsets(in *reader, out *writer) {
	in.int32() // replica
	topics := in.int32()
	out.int32(topics)
	for i := int32(0); i < topics; i++ {
		name, partitions := in.string(), in.int32()
		out.string(name)
		out.int32(partitions)
		for j := int32(0); j < partitions; j++ {
			index, timestamp := in.int32(), in.int64()
			out.int32(index)
			log := b.partition(name, index)
			if log == nil {
				out.int16(unknown)
				out.int64(-1)
				out.int64(-1)
				continue
			}
			log.Lock()
			end := log.end
			log.Unlock()
			if timestamp == -2 {
				end = 0
			}
			out.int16(0)
			out.int64(-1)
			out.int64(end)
		}
	}
}

func (b *broker) produce(version int16, in *reader, out *writer) bool {
	in.string() // transaction
	acks := in.int16()
	in.int32()
	topics := in.int32()
	out.int32(topics)
	for i := int32(0); i < topics; i++ {
		name, partitions := in.string(), in.int32()
		out.string(name)
		out.int32(partitions)
		for j := int32(0); j < partitions; j++ {
			index := in.int32()
			records := in.take(int(in.int32()))
			base, failed := b.append(b.partition(name, index), records)
			out.int32(index)
			out.int16(failed)
			out.int64(base)
			out.int64(-1)
			if version >= 5 {
				out.int64(0)
			}
		}
	}
	out.int32(0)
	return acks != 0
}

func (b *broker) append(log *partition, records []byte) (int64, int16) {
	if log == nil {
		return -1, unknown
	}
	log.Lock()
	defer log.Unlock()
	for range hashes {
		sha256.Sum256(records)
	}
	base := log.end
	for rest := records; len(rest) > 0; {
		binary.BigEndian.PutUint64(rest, uint64(log.end))
		log.end += int64(binary.BigEndian.Uint32(rest[23:])) + 1
		rest = rest[12+binary.BigEndian.Uint32(rest[8:]):]
	}
	if _, err := log.file.Write(records); err != nil {
		return -1, 56
	}
	if b.sync == "each" {
		if err := log.file.Sync(); err != nil {
			return -1, 56
		}
	}
	return base, 0
}

type reader struct{ bytes []byte }

func (r *reader) take(n int) []byte {
	taken := r.bytes[:n]
	r.bytes = r.bytes[n:]
	return taken
}
func (r *reader) int16() int16 { return int16(binary.BigEndian.Uint16(r.take(2))) }
func (r *reader) int32() int32 { return int32(binary.BigEndian.Uint32(r.take(4))) }
func (r *reader) int64() int64 { return int64(binary.BigEndian.Uint64(r.take(8))) }
func (r *reader) string() string {
	if n := r.int16(); n > 0 {
		return string(r.take(int(n)))
	}
	return ""
}

type writer struct{ bytes []byte }

func (w *writer) byte(v byte)   { w.bytes = append(w.bytes, v) }
func (w *writer) int16(v int16) { w.bytes = binary.BigEndian.AppendUint16(w.bytes, uint16(v)) }
func (w *writer) int32(v int32) { w.bytes = binary.BigEndian.AppendUint32(w.bytes, uint32(v)) }
func (w *writer) int64(v int64) { w.bytes = binary.BigEndian.AppendUint64(w.bytes, uint64(v)) }
func (w *writer) string(v string) {
	w.int16(int16(len(v)))
	w.bytes = append(w.bytes, v...)
}
