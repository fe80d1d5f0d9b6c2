package muster.bottle;

import java.util.ArrayList;
import java.util.List;

import org.apache.kafka.common.protocol.Errors;

/**
 * The log of the coordinator's partition: batches, the offset up to which they are replicated, and what the test
 * lets happen to them. {@link PartitionLog} gives it the shape that Kafka's version wants.
 */
final class Log {
    /** A batch of records as bytes, and the offset after its last record. */
    record Batch(byte[] bytes, long end) {
    }

    private final List<Batch> batches = new ArrayList<>();
    private final List<Errors> failures = new ArrayList<>();
    private long replicated;
    private boolean held;

    void reset() {
        batches.clear();
        failures.clear();
        replicated = 0;
        held = false;
    }

    /** The offset after the last record. */
    long end() {
        return batches.isEmpty() ? 0 : batches.get(batches.size() - 1).end();
    }

    /** The offset up to which records are replicated: Kafka's high watermark. */
    long replicated() {
        return replicated;
    }

    List<Batch> batches() {
        return batches;
    }

    /** Appends a batch, or fails as the test said that the next append does. */
    long append(byte[] bytes, int records) {
        if (!failures.isEmpty()) {
            throw failures.remove(0).exception();
        }
        batches.add(new Batch(bytes, end() + records));
        if (!held) {
            replicated = end();
        }
        return end();
    }

    void failNext(Errors error, int appends) {
        for (int i = 0; i < appends; i++) {
            failures.add(error);
        }
    }

    void hold() {
        held = true;
    }

    void release() {
        held = false;
        replicated = end();
    }

    /** What the next leader never had. */
    void loseUnreplicated() {
        batches.removeIf(batch -> batch.end() > replicated);
    }

    /** Whoever leads has its log replicated before it matters: an election is a new start for that, too. */
    void elected() {
        replicated = end();
        failures.clear();
    }
}
