package muster.bottle;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.apache.kafka.common.requests.TxnOffsetCommitRequest;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;

/**
 * From the bytes of a request to the bytes of its answer, by way of the coordinator service: the part of a broker that
 * is Kafka's {@code KafkaApis}. What that class does beside calling the service is done here too, where the answer
 * hangs on it: a SyncGroup without protocol type or name, unknown topics and partitions of OffsetCommit,
 * TxnOffsetCommit and OffsetDelete ({@link Offsets}), and FindCoordinator, which names this broker. Not here: access
 * control, quotas, topic ids.
 */
final class Requests {
    private static final BufferSupplier BUFFERS = BufferSupplier.NO_CACHING;

    private final GroupCoordinatorService coordinator;
    private final Offsets offsets;

    /** `partitions` is the number of partitions of each topic that exists. */
    Requests(GroupCoordinatorService coordinator, Map<String, Integer> partitions) {
        this.coordinator = coordinator;
        offsets = new Offsets(coordinator, partitions);
    }

    /** Gives the request to the coordinator; the answer, header included, is handed on when there is one. */
    void handle(ByteBuffer frame, Consumer<ByteBuffer> answer) {
        RequestContext context = new RequestContext(
            RequestHeader.parse(frame), "bottle", InetAddress.getLoopbackAddress(), KafkaPrincipal.ANONYMOUS,
            new ListenerName("PLAINTEXT"), SecurityProtocol.PLAINTEXT, ClientInformation.EMPTY, false);
        AbstractRequest request = context.parseRequest(frame).request;
        CompletableFuture<? extends AbstractResponse> future;
        try {
            future = dispatch(context, request);
        } catch (RuntimeException failure) {
            future = CompletableFuture.failedFuture(failure);
        }
        future.handle((response, failure) -> {
            AbstractResponse sent = failure == null ? response : request.getErrorResponse(failure);
            answer.accept(context.buildResponseEnvelopePayload(sent));
            return null;
        });
    }

    private CompletableFuture<? extends AbstractResponse> dispatch(RequestContext context, AbstractRequest request) {
        short version = context.apiVersion();
        if (request instanceof JoinGroupRequest join) {
            return coordinator.joinGroup(context, join.data(), BUFFERS)
                .thenApply(answer -> new JoinGroupResponse(answer, version));
        } else if (request instanceof SyncGroupRequest sync) {
            return syncGroup(context, sync);
        } else if (request instanceof HeartbeatRequest heartbeat) {
            return coordinator.heartbeat(context, heartbeat.data()).thenApply(HeartbeatResponse::new);
        } else if (request instanceof LeaveGroupRequest leave) {
            return coordinator.leaveGroup(context, leave.normalizedData())
                .thenApply(answer -> new LeaveGroupResponse(answer, version));
        } else if (request instanceof OffsetCommitRequest commit) {
            return offsets.commit(context, commit);
        } else if (request instanceof TxnOffsetCommitRequest commit) {
            return offsets.commitTransactional(context, commit);
        } else if (request instanceof OffsetDeleteRequest delete) {
            return offsets.delete(context, delete);
        } else if (request instanceof OffsetFetchRequest fetch) {
            return fetchOffsets(context, fetch);
        } else if (request instanceof FindCoordinatorRequest find) {
            return CompletableFuture.completedFuture(findCoordinator(find.data(), version));
        } else if (request instanceof DescribeGroupsRequest describe) {
            return coordinator.describeGroups(context, describe.data().groups())
                .thenApply(groups -> new DescribeGroupsResponse(new DescribeGroupsResponseData().setGroups(groups)));
        } else if (request instanceof ListGroupsRequest list) {
            return coordinator.listGroups(context, list.data()).thenApply(ListGroupsResponse::new);
        } else if (request instanceof DeleteGroupsRequest delete) {
            return deleteGroups(context, delete);
        }
        throw new IllegalArgumentException("a bottle does not take " + request.apiKey());
    }

    private CompletableFuture<AbstractResponse> syncGroup(RequestContext context, SyncGroupRequest sync) {
        if (!sync.areMandatoryProtocolTypeAndNamePresent()) {
            return CompletableFuture.failedFuture(Errors.INCONSISTENT_GROUP_PROTOCOL.exception());
        }
        return coordinator.syncGroup(context, sync.data(), BUFFERS).thenApply(SyncGroupResponse::new);
    }

    private CompletableFuture<AbstractResponse> fetchOffsets(RequestContext context, OffsetFetchRequest fetch) {
        List<CompletableFuture<OffsetFetchResponseGroup>> futures = new ArrayList<>();
        for (OffsetFetchRequestGroup group : fetch.groups()) {
            futures.add(Release.fetchOffsets(coordinator, context, group, fetch.requireStable()));
        }
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)).thenApply(all ->
            Release.offsetFetchResponse(futures.stream().map(CompletableFuture::join).toList(), context.apiVersion()));
    }

    private CompletableFuture<AbstractResponse> deleteGroups(RequestContext context, DeleteGroupsRequest delete) {
        List<String> groups = delete.data().groupsNames().stream().distinct().toList();
        return coordinator.deleteGroups(context, groups, BUFFERS).thenApply(results ->
            new DeleteGroupsResponse(new DeleteGroupsResponseData().setResults(results)));
    }

    /** Every group is in the one partition, which this broker leads as far as anybody's metadata says. */
    private AbstractResponse findCoordinator(FindCoordinatorRequestData find, short version) {
        Function<String, FindCoordinatorResponseData.Coordinator> locate = key -> {
            coordinator.partitionFor(key);
            return new FindCoordinatorResponseData.Coordinator()
                .setKey(key).setNodeId(1).setHost("localhost").setPort(9092);
        };
        FindCoordinatorResponseData answer = new FindCoordinatorResponseData();
        if (version >= 4) {
            return new FindCoordinatorResponse(
                answer.setCoordinators(find.coordinatorKeys().stream().map(locate).toList()));
        }
        FindCoordinatorResponseData.Coordinator found = locate.apply(find.key());
        return new FindCoordinatorResponse(
            answer.setNodeId(found.nodeId()).setHost(found.host()).setPort(found.port()));
    }
}
