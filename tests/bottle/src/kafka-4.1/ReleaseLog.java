package muster.bottle;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/** What differs between releases of Kafka in its log: here, 4.1. */
final class ReleaseLog extends PartitionLog {
    ReleaseLog(Log log, Clock clock) {
        super(log, clock);
    }

    @Override
    public long append(TopicPartition partition, VerificationGuard guard, MemoryRecords records) {
        return append(records.buffer());
    }

    @Override
    public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
        TopicPartition partition, String transactionalId, long producerId, short producerEpoch, int apiVersion
    ) {
        return CompletableFuture.completedFuture(VerificationGuard.SENTINEL);
    }

    @Override
    void visit(ByteBuffer records, Visitor visitor) {
        for (RecordBatch batch : MemoryRecords.readableRecords(records).batches()) {
            for (Record each : batch) {
                Boolean commits = batch.isControlBatch()
                    ? Boolean.valueOf(ControlRecordType.parse(each.key()) == ControlRecordType.COMMIT)
                    : null;
                visitor.visit(batch.producerId(), batch.producerEpoch(), commits, each.key(), each.value());
            }
        }
    }
}
