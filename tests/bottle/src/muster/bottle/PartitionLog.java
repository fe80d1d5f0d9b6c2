package muster.bottle;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * The log as Kafka's coordinator writes to it and is loaded from it. {@code ReleaseLog} adds what differs between
 * releases: the shape of an append, and where the classes of records are.
 */
abstract class PartitionLog implements PartitionWriter, CoordinatorLoader<CoordinatorRecord> {
    /** One record of a batch. */
    interface Visitor {
        /** `commits` is null unless the record ends a transaction. */
        void visit(long producerId, short producerEpoch, Boolean commits, ByteBuffer key, ByteBuffer value);
    }

    private static final GroupCoordinatorRecordSerde SERDE = new GroupCoordinatorRecordSerde();

    private final Log log;
    private final Clock clock;
    private Listener listener;
    private TopicPartition partition;
    private boolean loadHeld;
    private Runnable load = () -> { };

    PartitionLog(Log log, Clock clock) {
        this.log = log;
        this.clock = clock;
    }

    /** Shows the visitor each record of a batch. */
    abstract void visit(ByteBuffer batch, Visitor visitor);

    /** From the next election on, the log is not read before {@link #load()}. */
    void holdLoad() {
        loadHeld = true;
    }

    /** Reads the log, if an election waits for that. */
    void load() {
        loadHeld = false;
        Runnable waiting = load;
        load = () -> { };
        waiting.run();
    }

    /** Tells the coordinator, if it listens, up to where the log is replicated. */
    void announceReplicated() {
        if (listener != null) {
            listener.onHighWatermarkUpdated(partition, log.replicated());
        }
    }

    /** Each record of the log in one line. */
    List<String> dump() {
        List<String> lines = new ArrayList<>();
        visitAll((producerId, producerEpoch, commits, key, value) -> lines.add(
            commits == null ? SERDE.deserialize(key, value).toString() : "end of transaction, commits: " + commits));
        return lines;
    }

    /** Appends what `append` of the release was given. */
    long append(ByteBuffer records) {
        byte[] bytes = new byte[records.remaining()];
        records.duplicate().get(bytes);
        int[] count = {0};
        visit(ByteBuffer.wrap(bytes), (producerId, producerEpoch, commits, key, value) -> count[0]++);
        long before = log.replicated();
        long end = log.append(bytes, count[0]);
        if (log.replicated() > before) {
            announceReplicated();
        }
        return end;
    }

    @Override
    public CompletableFuture<LoadSummary> load(
        TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> coordinator
    ) {
        CompletableFuture<LoadSummary> loaded = new CompletableFuture<>();
        load = () -> {
            playBack(coordinator);
            loaded.complete(new LoadSummary(clock.milliseconds(), clock.milliseconds(), 0, log.end(), 0));
        };
        if (!loadHeld) {
            load();
        }
        return loaded;
    }

    private void playBack(CoordinatorPlayback<CoordinatorRecord> coordinator) {
        long[] offset = {0};
        visitAll((producerId, producerEpoch, commits, key, value) -> {
            if (commits == null) {
                coordinator.replay(offset[0], producerId, producerEpoch, SERDE.deserialize(key, value));
            } else {
                TransactionResult result = commits ? TransactionResult.COMMIT : TransactionResult.ABORT;
                coordinator.replayEndTransactionMarker(producerId, producerEpoch, result);
            }
            offset[0]++;
        });
        // Of an empty log nothing may be said: offset 0 is not after any record.
        if (offset[0] > 0) {
            coordinator.updateLastWrittenOffset(offset[0]);
            coordinator.updateLastCommittedOffset(log.replicated());
        }
    }

    private void visitAll(Visitor visitor) {
        log.batches().forEach(batch -> visit(ByteBuffer.wrap(batch.bytes()), visitor));
    }

    @Override
    public void registerListener(TopicPartition partition, Listener listener) {
        this.partition = partition;
        this.listener = listener;
    }

    @Override
    public void deregisterListener(TopicPartition partition, Listener listener) {
        this.listener = null;
    }

    @Override
    public LogConfig config(TopicPartition partition) {
        return new LogConfig(Map.of());
    }

    @Override
    public CompletableFuture<Void> deleteRecords(TopicPartition partition, long beforeOffset) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
        // The log goes with the bottle.
    }
}
