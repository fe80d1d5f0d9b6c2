// sarama.
package main

import (
	"context"
	"time"

	"github.com/IBM/sarama"
	"muster/clients/told"
)

func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.ClientID = told.ClientID
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Group.Session.Timeout = told.Session
	config.Consumer.Group.Heartbeat.Interval = told.Heartbeat
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyRange()}
	config.Consumer.Group.InstanceId = told.Instance
	return config
}

func create() error {
	admin, err := sarama.NewClusterAdmin([]string{told.Bootstrap}, settings())
	if err != nil {
		return err
	}
	defer admin.Close()
	told.Tell("created", nil)
	return admin.CreateTopic(told.Topic, &sarama.TopicDetail{NumPartitions: int32(told.Partitions), ReplicationFactor: 1}, false)
}

func produce() error {
	codecs := map[string]sarama.CompressionCodec{"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP,
		"snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD}
	acks := map[string]sarama.RequiredAcks{"0": sarama.NoResponse, "1": sarama.WaitForLocal,
		"all": sarama.WaitForAll, "idempotent": sarama.WaitForAll}
	for _, round := range told.Rounds() {
		config := settings()
		config.Producer.Compression = codecs[round.Compression]
		config.Producer.RequiredAcks = acks[round.Acks]
		if round.Acks == "idempotent" {
			config.Producer.Idempotent = true
			config.Net.MaxOpenRequests = 1
		}
		producer, err := sarama.NewSyncProducer([]string{told.Bootstrap}, config)
		if err != nil {
			return err
		}
		for _, record := range round.Records() {
			message := &sarama.ProducerMessage{Topic: told.Topic, Partition: int32(record.Partition),
				Value: sarama.StringEncoder(record.Value)}
			if _, _, err := producer.SendMessage(message); err != nil {
				return err
			}
		}
		if err := producer.Close(); err != nil {
			return err
		}
		told.Tell("produced", told.Fields{"round": round.Name})
	}
	return nil
}

type handler struct{ owned told.Owned }

func (h *handler) Setup(session sarama.ConsumerGroupSession) error {
	h.owned.Gain(session.Claims()[told.Topic]...)
	return nil
}

func (h *handler) Cleanup(session sarama.ConsumerGroupSession) error {
	h.owned.Lose(session.Claims()[told.Topic]...)
	return nil
}

func (h *handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			told.Consumed(int(message.Partition), message.Offset, message.Value)
			session.MarkMessage(message, "")
			session.Commit()
		case <-session.Context().Done():
			return nil
		}
	}
}

func consume() error {
	group, err := sarama.NewConsumerGroup([]string{told.Bootstrap}, told.Group, settings())
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	told.OnStop(stop)
	for ctx.Err() == nil {
		if err := group.Consume(ctx, []string{told.Topic}, &handler{}); err != nil {
			told.Tell("refused", told.Fields{"error": err.Error()})
			time.Sleep(100 * time.Millisecond)
		}
	}
	err = group.Close()
	told.Tell("left", nil)
	return err
}

func main() { told.Run(create, produce, consume) }
