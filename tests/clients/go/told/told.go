// Package told is what the driver tells a client by its environment, and the events that it is told in turn, one JSON
// object a line.
package told

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func of(name, otherwise string) string {
	if value := os.Getenv("MUSTER_" + name); value != "" {
		return value
	}
	return otherwise
}

func number(name string, otherwise int) int {
	if value, err := strconv.Atoi(of(name, "")); err == nil {
		return value
	}
	return otherwise
}

var (
	Bootstrap  = of("BOOTSTRAP", "localhost:9092")
	Topic      = of("TOPIC", "t")
	Partitions = number("PARTITIONS", 1)
	Group      = of("GROUP", "g")
	ClientID   = of("CLIENT_ID", "client")
	Instance   = of("INSTANCE", "")
	Assignor   = of("ASSIGNOR", "range")
	Session    = time.Duration(number("SESSION_MS", 10000)) * time.Millisecond
	Heartbeat  = time.Duration(number("HEARTBEAT_MS", 1000)) * time.Millisecond
	Count      = number("COUNT", 1)
)

// Round is a round of records to produce: acks or "idempotent", and the compression.
type Round struct{ Name, Acks, Compression string }

// Rounds gives every round.
func Rounds() (rounds []Round) {
	for _, name := range strings.Split(of("ROUNDS", "all-none"), ",") {
		acks, compression, _ := strings.Cut(name, "-")
		rounds = append(rounds, Round{name, acks, compression})
	}
	return rounds
}

// Record is a record of a round.
type Record struct {
	Partition int
	Value     string
}

// Records gives the records of a round.
func (r Round) Records() (records []Record) {
	for partition := range Partitions {
		for number := range Count {
			records = append(records, Record{partition, fmt.Sprintf("%s/%d/%d", r.Name, partition, number)})
		}
	}
	return records
}

var out sync.Mutex

// Fields of an event.
type Fields map[string]any

// Tell tells the driver of an event.
func Tell(event string, fields Fields) {
	if fields == nil {
		fields = Fields{}
	}
	fields["event"] = event
	line, _ := json.Marshal(fields)
	out.Lock()
	defer out.Unlock()
	fmt.Println(string(line))
}

var (
	processing sync.Mutex
	processed  int
)

// The fifth record takes long, if it is to, and all others wait for it.
func slow() {
	processing.Lock()
	defer processing.Unlock()
	if processed++; processed == 5 {
		time.Sleep(time.Duration(number("SLOW_MS", 0)) * time.Millisecond)
	}
}

// Consumed tells of a record, and processes it.
func Consumed(partition int, offset int64, value []byte) {
	defer slow()
	Tell("consumed", Fields{"partition": partition, "offset": offset, "value": string(value)})
}

// Committed tells of a commit, or that it was refused: whoever owns the partition next reads on from the one before.
func Committed(partition int, offset int64, err error) {
	if err != nil {
		Tell("refused", Fields{"error": err.Error()})
		return
	}
	Tell("committed", Fields{"partition": partition, "offset": offset})
}

// Owned is the set of partitions that a member owns, told whenever it changes.
type Owned struct {
	lock       sync.Mutex
	partitions map[int]bool
}

// Gain adds partitions.
func (o *Owned) Gain(partitions ...int32) { o.change(partitions, true) }

// Lose takes partitions away.
func (o *Owned) Lose(partitions ...int32) { o.change(partitions, false) }

func (o *Owned) change(partitions []int32, gains bool) {
	o.lock.Lock()
	defer o.lock.Unlock()
	if o.partitions == nil {
		o.partitions = map[int]bool{}
	}
	for _, partition := range partitions {
		if gains {
			o.partitions[int(partition)] = true
		} else {
			delete(o.partitions, int(partition))
		}
	}
	list := []int{}
	for partition := range o.partitions {
		list = append(list, partition)
	}
	sort.Ints(list)
	Tell("owned", Fields{"partitions": list})
}

// OnStop does something when the driver wants the client to leave.
func OnStop(do func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		do()
	}()
}

// Run runs the command that the driver names.
func Run(create, produce, consume func() error) {
	commands := map[string]func() error{"create": create, "produce": produce, "consume": consume}
	if err := commands[os.Args[1]](); err != nil {
		Tell("error", Fields{"error": err.Error()})
		os.Exit(1)
	}
}
