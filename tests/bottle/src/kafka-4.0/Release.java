package muster.bottle;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import com.yammer.metrics.core.MetricsRegistry;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorRuntimeMetrics;

/** What differs between releases of Kafka in its coordinator service: here, 4.0. */
final class Release {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private Release() {
    }

    static GroupCoordinatorService coordinator(Map<String, Object> properties, PartitionLog log, Clock clock) {
        GroupCoordinatorConfig config = GroupCoordinatorConfig.fromProps(properties);
        Metrics metrics = new Metrics();
        return new GroupCoordinatorService.Builder(1, config)
            .withWriter(log)
            .withLoader(log)
            .withTime(clock)
            .withTimer(clock)
            .withCoordinatorRuntimeMetrics(new GroupCoordinatorRuntimeMetrics(metrics))
            .withGroupCoordinatorMetrics(new GroupCoordinatorMetrics(new MetricsRegistry(), metrics))
            .withGroupConfigManager(new GroupConfigManager(Map.of()))
            .withAuthorizer(Optional.empty())
            .build();
    }

    static CompletableFuture<Void> completeTransaction(
        GroupCoordinatorService coordinator, TopicPartition partition, long producerId, TransactionResult result
    ) {
        short epoch = 0;
        int coordinatorEpoch = 0;
        return coordinator.completeTransaction(partition, producerId, epoch, coordinatorEpoch, result, TIMEOUT);
    }

    static CompletableFuture<OffsetFetchResponseGroup> fetchOffsets(
        GroupCoordinatorService coordinator, RequestContext context, OffsetFetchRequestGroup group, boolean stable
    ) {
        return group.topics() == null
            ? coordinator.fetchAllOffsets(context, group, stable)
            : coordinator.fetchOffsets(context, group, stable);
    }

    static AbstractResponse offsetFetchResponse(List<OffsetFetchResponseGroup> groups, short version) {
        return new OffsetFetchResponse(groups, version);
    }
}
