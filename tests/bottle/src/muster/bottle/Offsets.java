package muster.bottle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopicCollection;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponsePartition;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.TxnOffsetCommitRequest;
import org.apache.kafka.common.requests.TxnOffsetCommitResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;

/**
 * The requests that name partitions which need not exist. As in {@code KafkaApis}, the coordinator is asked only about
 * those that do; the others are answered with UNKNOWN_TOPIC_OR_PARTITION, and if none is left the coordinator is not
 * asked at all (of OffsetDelete it is).
 */
final class Offsets {
    private static final short UNKNOWN = Errors.UNKNOWN_TOPIC_OR_PARTITION.code();

    private final GroupCoordinatorService coordinator;
    private final Map<String, Integer> partitions;

    Offsets(GroupCoordinatorService coordinator, Map<String, Integer> partitions) {
        this.coordinator = coordinator;
        this.partitions = partitions;
    }

    private boolean exists(String topic, int partition) {
        return partition >= 0 && partition < partitions.getOrDefault(topic, 0);
    }

    CompletableFuture<AbstractResponse> commit(RequestContext context, OffsetCommitRequest request) {
        List<OffsetCommitRequestTopic> known = new ArrayList<>();
        List<OffsetCommitResponseTopic> unknown = new ArrayList<>();
        for (OffsetCommitRequestTopic topic : request.data().topics()) {
            OffsetCommitRequestTopic kept = new OffsetCommitRequestTopic().setName(topic.name());
            OffsetCommitResponseTopic refused = new OffsetCommitResponseTopic().setName(topic.name());
            topic.partitions().forEach(partition -> {
                if (exists(topic.name(), partition.partitionIndex())) {
                    kept.partitions().add(partition);
                } else {
                    refused.partitions().add(new OffsetCommitResponsePartition()
                        .setPartitionIndex(partition.partitionIndex()).setErrorCode(UNKNOWN));
                }
            });
            addUnless(kept.partitions().isEmpty(), known, kept);
            addUnless(refused.partitions().isEmpty(), unknown, refused);
        }
        if (known.isEmpty()) {
            return CompletableFuture.completedFuture(
                new OffsetCommitResponse(new OffsetCommitResponseData().setTopics(unknown)));
        }
        OffsetCommitRequestData asked = request.data().duplicate().setTopics(known);
        return coordinator.commitOffsets(context, asked, BufferSupplier.NO_CACHING).thenApply(answer -> {
            unknown.addAll(answer.topics());
            return new OffsetCommitResponse(answer.setTopics(unknown));
        });
    }

    CompletableFuture<AbstractResponse> commitTransactional(RequestContext context, TxnOffsetCommitRequest request) {
        List<TxnOffsetCommitRequestTopic> known = new ArrayList<>();
        List<TxnOffsetCommitResponseTopic> unknown = new ArrayList<>();
        for (TxnOffsetCommitRequestTopic topic : request.data().topics()) {
            TxnOffsetCommitRequestTopic kept = new TxnOffsetCommitRequestTopic().setName(topic.name());
            TxnOffsetCommitResponseTopic refused = new TxnOffsetCommitResponseTopic().setName(topic.name());
            topic.partitions().forEach(partition -> {
                if (exists(topic.name(), partition.partitionIndex())) {
                    kept.partitions().add(partition);
                } else {
                    refused.partitions().add(new TxnOffsetCommitResponsePartition()
                        .setPartitionIndex(partition.partitionIndex()).setErrorCode(UNKNOWN));
                }
            });
            addUnless(kept.partitions().isEmpty(), known, kept);
            addUnless(refused.partitions().isEmpty(), unknown, refused);
        }
        if (known.isEmpty()) {
            return CompletableFuture.completedFuture(
                new TxnOffsetCommitResponse(new TxnOffsetCommitResponseData().setTopics(unknown)));
        }
        TxnOffsetCommitRequestData asked = request.data().duplicate().setTopics(known);
        return coordinator.commitTransactionalOffsets(context, asked, BufferSupplier.NO_CACHING).thenApply(answer -> {
            unknown.addAll(answer.topics());
            return new TxnOffsetCommitResponse(answer.setTopics(unknown));
        });
    }

    CompletableFuture<AbstractResponse> delete(RequestContext context, OffsetDeleteRequest request) {
        OffsetDeleteRequestTopicCollection known = new OffsetDeleteRequestTopicCollection();
        List<OffsetDeleteResponseTopic> unknown = new ArrayList<>();
        for (OffsetDeleteRequestTopic topic : request.data().topics()) {
            OffsetDeleteRequestTopic kept = new OffsetDeleteRequestTopic().setName(topic.name());
            OffsetDeleteResponseTopic refused = new OffsetDeleteResponseTopic().setName(topic.name());
            topic.partitions().forEach(partition -> {
                if (exists(topic.name(), partition.partitionIndex())) {
                    kept.partitions().add(partition);
                } else {
                    refused.partitions().add(new OffsetDeleteResponsePartition()
                        .setPartitionIndex(partition.partitionIndex()).setErrorCode(UNKNOWN));
                }
            });
            if (!kept.partitions().isEmpty()) {
                known.add(kept);
            }
            addUnless(refused.partitions().isEmpty(), unknown, refused);
        }
        OffsetDeleteRequestData asked =
            new OffsetDeleteRequestData().setGroupId(request.data().groupId()).setTopics(known);
        return coordinator.deleteOffsets(context, asked, BufferSupplier.NO_CACHING).thenApply(answer -> {
            if (answer.errorCode() == Errors.NONE.code()) {
                merge(answer.topics(), unknown);
            }
            return new OffsetDeleteResponse(answer);
        });
    }

    /** An answer names a topic once. */
    private static void merge(
        OffsetDeleteResponseTopicCollection answered,
        List<OffsetDeleteResponseTopic> unknown
    ) {
        for (OffsetDeleteResponseTopic topic : unknown) {
            OffsetDeleteResponseTopic there = answered.find(topic.name());
            if (there == null) {
                answered.add(topic);
            } else {
                topic.partitions().forEach(partition -> there.partitions().add(partition.duplicate()));
            }
        }
    }

    private static <T> void addUnless(boolean empty, List<T> to, T element) {
        if (!empty) {
            to.add(element);
        }
    }
}
