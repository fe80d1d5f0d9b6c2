// segmentio/kafka-go.
package main

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"muster/clients/told"
)

func address() net.Addr { return kafka.TCP(told.Bootstrap) }

func create() error {
	client := &kafka.Client{Addr: address()}
	answer, err := client.CreateTopics(context.Background(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: told.Topic, NumPartitions: told.Partitions, ReplicationFactor: 1}}})
	if err != nil {
		return err
	}
	told.Tell("created", nil)
	return answer.Errors[told.Topic]
}

// byNumber sends each record to the partition that it names.
type byNumber struct{ partition int }

func (b byNumber) Balance(kafka.Message, ...int) int { return b.partition }

func produce() error {
	codecs := map[string]kafka.Compression{"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}
	acks := map[string]kafka.RequiredAcks{"0": kafka.RequireNone, "1": kafka.RequireOne, "all": kafka.RequireAll}
	for _, round := range told.Rounds() {
		for partition := range told.Partitions {
			writer := &kafka.Writer{Addr: address(), Topic: told.Topic, Balancer: byNumber{partition},
				BatchTimeout: 10 * time.Millisecond, RequiredAcks: acks[round.Acks], Compression: codecs[round.Compression]}
			var messages []kafka.Message
			for _, record := range round.Records() {
				if record.Partition == partition {
					messages = append(messages, kafka.Message{Value: []byte(record.Value)})
				}
			}
			if err := writer.WriteMessages(context.Background(), messages...); err != nil {
				return err
			}
			if err := writer.Close(); err != nil {
				return err
			}
		}
		told.Tell("produced", told.Fields{"round": round.Name})
	}
	return nil
}

// The reader of the library does not say what it owns, so the members are built on its ConsumerGroup.
func consume() error {
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: told.Group, Brokers: []string{told.Bootstrap}, Topics: []string{told.Topic},
		Dialer:            &kafka.Dialer{ClientID: told.ClientID, Timeout: 5 * time.Second},
		GroupBalancers:    []kafka.GroupBalancer{kafka.RangeGroupBalancer{}},
		HeartbeatInterval: told.Heartbeat, SessionTimeout: told.Session, RebalanceTimeout: 30 * time.Second,
		JoinGroupBackoff: 200 * time.Millisecond, StartOffset: kafka.FirstOffset,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	told.OnStop(stop)
	var owned told.Owned
	for ctx.Err() == nil {
		generation, err := group.Next(ctx)
		if err != nil {
			if ctx.Err() == nil {
				told.Tell("refused", told.Fields{"error": err.Error()})
			}
			continue
		}
		var all []int32
		for _, assigned := range generation.Assignments[told.Topic] {
			all = append(all, int32(assigned.ID))
		}
		owned.Gain(all...)
		var ended sync.WaitGroup
		for _, assigned := range generation.Assignments[told.Topic] {
			ended.Add(1)
			generation.Start(func(ctx context.Context) {
				defer ended.Done()
				read(ctx, generation, assigned)
			})
		}
		ended.Add(1)
		generation.Start(func(ctx context.Context) {
			defer ended.Done()
			<-ctx.Done()
		})
		left := make(chan struct{})
		go func() { ended.Wait(); close(left) }()
		select {
		case <-left:
		case <-ctx.Done():
		}
		owned.Lose(all...)
	}
	err = group.Close()
	told.Tell("left", nil)
	return err
}

func read(ctx context.Context, generation *kafka.Generation, assigned kafka.PartitionAssignment) {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{told.Bootstrap}, Topic: told.Topic,
		Partition: assigned.ID, MaxWait: 100 * time.Millisecond})
	defer reader.Close()
	if err := reader.SetOffset(assigned.Offset); err != nil {
		told.Tell("error", told.Fields{"error": err.Error()})
		return
	}
	for {
		message, err := reader.ReadMessage(ctx)
		if err != nil {
			if !errors.Is(err, kafka.ErrGenerationEnded) && ctx.Err() == nil {
				told.Tell("error", told.Fields{"error": err.Error()})
			}
			return
		}
		told.Consumed(message.Partition, message.Offset, message.Value)
		next := message.Offset + 1
		err = generation.CommitOffsets(map[string]map[int]int64{told.Topic: {message.Partition: next}})
		told.Committed(message.Partition, next, err)
	}
}

func main() { told.Run(create, produce, consume) }
