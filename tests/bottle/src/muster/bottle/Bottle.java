package muster.bottle;

import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorEventProcessor;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;

/**
 * One coordinator service of Kafka with everything around it: clock, timers, log, leadership. It coordinates a single
 * partition, so every group is in it; each trace gets a fresh one by an election with an empty log, in which Kafka
 * builds its whole state anew.
 */
final class Bottle implements AutoCloseable {
    private static final int PARTITION = 0;

    private final Clock clock = new Clock();
    private final Log log = new Log();
    private final PartitionLog partitionLog = new ReleaseLog(log, clock);
    private final Events events = new Events(clock);
    private final GroupCoordinatorService coordinator;
    /** Kafka ignores an election in an epoch that does not grow. */
    private int epoch;
    private boolean leads;

    /** `properties` are Kafka's own; `starts`: whether the service runs at all. */
    Bottle(Map<String, Object> properties, boolean starts) {
        Map<String, Object> all = new HashMap<>(properties);
        all.put("offsets.topic.num.partitions", 1);
        all.put("group.coordinator.threads", 1);
        // Each write is a batch of its own, appended before the request that wrote it is through.
        all.put("group.coordinator.append.linger.ms", 0);
        coordinator = Release.coordinator(all, partitionLog, clock);
        takeOver();
        if (starts) {
            coordinator.startup(() -> 1);
        }
    }

    /**
     * Puts {@link Events} in the place of the threads that the builder made, before there is anything to run. The
     * builder takes neither a processor nor an executor.
     */
    private void takeOver() {
        try {
            Object runtime = field(GroupCoordinatorService.class, "runtime").get(coordinator);
            Field processor = field(runtime.getClass(), "processor");
            ((CoordinatorEventProcessor) processor.get(runtime)).close();
            processor.set(runtime, events);
            Field executor = field(runtime.getClass(), "executorService");
            ((ExecutorService) executor.get(runtime)).shutdown();
            executor.set(runtime, events);
        } catch (Exception other) {
            throw new IllegalStateException("this release of Kafka keeps its event processor elsewhere", other);
        }
    }

    private static Field field(Class<?> of, String name) throws NoSuchFieldException {
        Field field = of.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    GroupCoordinatorService coordinator() {
        return coordinator;
    }

    Clock clock() {
        return clock;
    }

    PartitionLog partitionLog() {
        return partitionLog;
    }

    /** Forgets everything: no leadership, an empty log, no timers, time at its start. `patient`: see {@link Clock}. */
    void reset(boolean patient) {
        if (leads) {
            partitionLog.load();
            resign();
        }
        events.close();
        clock.reset(patient);
        log.reset();
    }

    void runDry() {
        events.runDry();
    }

    /** Elects this coordinator in the next epoch; with `loading`, its log is not read until {@link #load()}. */
    void elect(boolean loading) {
        if (leads) {
            throw new IllegalStateException("it leads");
        }
        log.elected();
        if (loading) {
            partitionLog.holdLoad();
        }
        leads = true;
        epoch++;
        coordinator.onElection(PARTITION, epoch);
        runDry();
    }

    void load() {
        partitionLog.load();
        runDry();
    }

    /** Another broker leads from here on. */
    void resign() {
        if (!leads) {
            throw new IllegalStateException("it does not lead");
        }
        leads = false;
        epoch++;
        coordinator.onResignation(PARTITION, OptionalInt.of(epoch));
        runDry();
        clock.orphan();
    }

    void loseUnreplicated() {
        if (leads) {
            throw new IllegalStateException("a leader does not lose its own log");
        }
        log.loseUnreplicated();
    }

    void holdReplication() {
        log.hold();
    }

    void releaseReplication() {
        log.release();
        partitionLog.announceReplicated();
        runDry();
    }

    /**
     * Has the marker written that ends a transaction, as the transaction coordinator has it. It is not waited for: it
     * is replicated when the log is.
     */
    void endTransaction(long producerId, boolean commits) {
        TransactionResult result = commits ? TransactionResult.COMMIT : TransactionResult.ABORT;
        TopicPartition partition = new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, PARTITION);
        CompletableFuture<Void> written = Release.completeTransaction(coordinator, partition, producerId, result);
        runDry();
        if (written.isDone()) {
            written.join();
        }
    }

    void failAppends(Errors error, int appends) {
        log.failNext(error, appends);
    }

    /** Fires the timer of this name; false: none such is running. */
    boolean fire(String timer) {
        boolean fired = clock.fire(timer);
        runDry();
        return fired;
    }

    /** Moves time on, firing what runs out on the way. */
    void advance(long ms) {
        long until = clock.milliseconds() + ms;
        while (clock.fireNext(until)) {
            runDry();
        }
    }

    @Override
    public void close() {
        reset(false);
        coordinator.shutdown();
    }
}
