// franz-go.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"muster/clients/told"
)

func client(more ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(told.Bootstrap), kgo.ClientID(told.ClientID)}, more...)...)
}

func create() error {
	c, err := client()
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := kadm.NewClient(c).CreateTopic(context.Background(), int32(told.Partitions), 1, nil, told.Topic)
	if err != nil {
		return err
	}
	told.Tell("created", nil)
	return answer.Err
}

func produce() error {
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	for _, round := range told.Rounds() {
		settings := []kgo.Opt{kgo.DefaultProduceTopic(told.Topic), kgo.RecordPartitioner(kgo.ManualPartitioner()),
			kgo.ProducerBatchCompression(codecs[round.Compression])}
		switch round.Acks {
		case "0":
			settings = append(settings, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
		case "1":
			settings = append(settings, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
		case "all":
			settings = append(settings, kgo.DisableIdempotentWrite())
		}
		c, err := client(settings...)
		if err != nil {
			return err
		}
		var records []*kgo.Record
		for _, record := range round.Records() {
			records = append(records, &kgo.Record{Partition: int32(record.Partition), Value: []byte(record.Value)})
		}
		err = c.ProduceSync(context.Background(), records...).FirstErr()
		c.Close()
		if err != nil {
			return err
		}
		told.Tell("produced", told.Fields{"round": round.Name})
	}
	return nil
}

func consume() error {
	var owned told.Owned
	gains := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) { owned.Gain(partitions[told.Topic]...) }
	loses := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) { owned.Lose(partitions[told.Topic]...) }
	balancer := kgo.RangeBalancer()
	if told.Assignor == "cooperative" {
		balancer = kgo.CooperativeStickyBalancer()
	}
	settings := []kgo.Opt{kgo.ConsumerGroup(told.Group), kgo.ConsumeTopics(told.Topic), kgo.DisableAutoCommit(),
		kgo.Balancers(balancer), kgo.SessionTimeout(told.Session), kgo.HeartbeatInterval(told.Heartbeat),
		kgo.OnPartitionsAssigned(gains), kgo.OnPartitionsRevoked(loses), kgo.OnPartitionsLost(loses),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}
	if told.Instance != "" {
		settings = append(settings, kgo.InstanceID(told.Instance))
	}
	c, err := client(settings...)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	told.OnStop(stop)
	for ctx.Err() == nil {
		fetches := c.PollRecords(ctx, 10)
		fetches.EachError(func(_ string, _ int32, err error) {
			if !errors.Is(err, context.Canceled) {
				told.Tell("error", told.Fields{"error": err.Error()})
			}
		})
		last := map[int32]*kgo.Record{}
		fetches.EachRecord(func(record *kgo.Record) {
			told.Consumed(int(record.Partition), record.Offset, record.Value)
			last[record.Partition] = record
		})
		for partition, record := range last {
			told.Committed(int(partition), record.Offset+1, c.CommitRecords(context.Background(), record))
		}
	}
	leaving, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	err = c.LeaveGroupContext(leaving)
	c.Close()
	told.Tell("left", nil)
	return err
}

func main() { told.Run(create, produce, consume) }
