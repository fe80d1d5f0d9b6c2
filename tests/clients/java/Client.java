// Apache Kafka's Java client.

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Client {
    private static final String TOPIC = told("TOPIC", "t");
    private static final int PARTITIONS = Integer.parseInt(told("PARTITIONS", "1"));
    private static volatile boolean stop;
    private static int processed;

    private static String told(String name, String otherwise) {
        String value = System.getenv("MUSTER_" + name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    private static synchronized void tell(String event, String fields) {
        System.out.println("{\"event\":\"" + event + "\"" + (fields.isEmpty() ? "" : "," + fields) + "}");
        System.out.flush();
    }

    private static Properties common() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", told("BOOTSTRAP", "localhost:9092"));
        settings.put("client.id", told("CLIENT_ID", "client"));
        return settings;
    }

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "create" -> create();
            case "produce" -> produce();
            default -> consume();
        }
    }

    private static void create() throws Exception {
        try (Admin admin = Admin.create(common())) {
            admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
        }
        tell("created", "");
    }

    private static void produce() throws Exception {
        int count = Integer.parseInt(told("COUNT", "1"));
        for (String round : told("ROUNDS", "all-none").split(",")) {
            String[] parts = round.split("-");
            Properties settings = common();
            boolean idempotent = parts[0].equals("idempotent");
            settings.put("acks", idempotent ? "all" : parts[0]);
            settings.put("enable.idempotence", String.valueOf(idempotent));
            settings.put("compression.type", parts[1]);
            settings.put("key.serializer", StringSerializer.class.getName());
            settings.put("value.serializer", StringSerializer.class.getName());
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    for (int number = 0; number < count; number++) {
                        String value = round + "/" + partition + "/" + number;
                        sent.add(producer.send(new ProducerRecord<>(TOPIC, partition, null, value)));
                    }
                }
                producer.flush();
                for (Future<RecordMetadata> one : sent) {
                    one.get();
                }
            }
            tell("produced", "\"round\":\"" + round + "\"");
        }
    }

    private static void owned(TreeSet<Integer> partitions) {
        String list = partitions.stream().map(String::valueOf).collect(Collectors.joining(","));
        tell("owned", "\"partitions\":[" + list + "]");
    }

    private static void consume() {
        Properties settings = common();
        settings.put("group.id", told("GROUP", "g"));
        if (!told("INSTANCE", "").isEmpty()) {
            settings.put("group.instance.id", told("INSTANCE", ""));
        }
        String assignor = told("ASSIGNOR", "range").equals("cooperative") ? "CooperativeSticky" : "Range";
        settings.put("partition.assignment.strategy",
            "org.apache.kafka.clients.consumer." + assignor + "Assignor");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("session.timeout.ms", told("SESSION_MS", "10000"));
        settings.put("max.poll.interval.ms", told("MAX_POLL_MS", "300000"));
        settings.put("heartbeat.interval.ms", told("HEARTBEAT_MS", "1000"));
        settings.put("key.deserializer", StringDeserializer.class.getName());
        settings.put("value.deserializer", StringDeserializer.class.getName());
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings);
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stop = true;
            try {
                main.join();
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        }));
        TreeSet<Integer> owned = new TreeSet<>();
        consumer.subscribe(List.of(TOPIC), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> gained) {
                gained.forEach(partition -> owned.add(partition.partition()));
                owned(owned);
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> lost) {
                lost.forEach(partition -> owned.remove(partition.partition()));
                owned(owned);
            }
        });
        while (!stop) {
            poll(consumer);
        }
        consumer.close();
        tell("left", "");
    }

    /** The fifth time that something is processed takes long, if it is to. */
    private static void slow() {
        processed++;
        try {
            Thread.sleep(processed == 5 ? Long.parseLong(told("SLOW_MS", "0")) : 0);
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private static void poll(KafkaConsumer<String, String> consumer) {
        var records = consumer.poll(Duration.ofMillis(100));
        for (TopicPartition partition : records.partitions()) {
            long next = 0;
            for (var record : records.records(partition)) {
                tell("consumed", "\"partition\":" + record.partition() + ",\"offset\":" + record.offset()
                    + ",\"value\":\"" + record.value() + "\"");
                next = record.offset() + 1;
            }
            slow();
            try {
                consumer.commitSync(Map.of(partition, new OffsetAndMetadata(next)));
                tell("committed", "\"partition\":" + partition.partition() + ",\"offset\":" + next);
            } catch (WakeupException end) {
                throw end;
            } catch (KafkaException error) {
                // A rebalance may refuse it: whoever owns the partition next reads it again.
                tell("refused", "\"error\":\"" + error.getClass().getSimpleName() + "\"");
            }
        }
    }
}
