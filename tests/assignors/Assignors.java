import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Kafka's own assignors: one line in, a group; one line out, its assignment.
 *
 * In: {@code assignor fresh|same topic:partitions,... member;instance;topics;generation;owned-in;owned ...}, fields
 * by spaces, lists by commas, {@code -} for none. {@code fresh}: a new instance of the assignor; {@code same}: the
 * one of the line before, which remembers. Out: {@code member=partitions ...}, or {@code !} and the exception.
 */
public final class Assignors {
    private static final Map<String, ConsumerPartitionAssignor> LEADERS = new HashMap<>();

    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answer(line));
        }
        out.flush();
    }

    private static String answer(String line) {
        String[] words = line.split(" ");
        if (words[1].equals("fresh")) {
            LEADERS.put(words[0], assignor(words[0]));
        }
        Map<String, Subscription> group = new HashMap<>();
        for (String member : Arrays.asList(words).subList(3, words.length)) {
            String[] fields = member.split(";");
            group.put(fields[0], subscription(words[0], fields));
        }
        try {
            var shares = LEADERS.get(words[0]).assign(cluster(list(words[2])), new GroupSubscription(group));
            return print(shares.groupAssignment());
        } catch (RuntimeException e) {
            return "! " + e.getClass().getSimpleName();
        }
    }

    private static Cluster cluster(List<String> topics) {
        Node[] node = {new Node(0, "localhost", 9092)};
        List<PartitionInfo> partitions = new ArrayList<>();
        for (String topic : topics) {
            for (int i = 0; i < Integer.parseInt(topic.split(":")[1]); i++) {
                partitions.add(new PartitionInfo(topic.split(":")[0], i, node[0], node, node));
            }
        }
        return new Cluster("cluster", List.of(node), partitions, Set.of(), Set.of());
    }

    private static ConsumerPartitionAssignor assignor(String name) {
        return switch (name) {
            case "range" -> new RangeAssignor();
            case "roundrobin" -> new RoundRobinAssignor();
            case "sticky" -> new StickyAssignor();
            case "cooperative-sticky" -> new CooperativeStickyAssignor();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static Subscription subscription(String assignor, String[] fields) {
        List<String> topics = list(fields[2]);
        int generation = number(fields[3]);
        List<TopicPartition> owned = new ArrayList<>();
        for (String partition : list(fields[5])) {
            int dash = partition.lastIndexOf('-');
            owned.add(new TopicPartition(partition.substring(0, dash), Integer.parseInt(partition.substring(dash + 1))));
        }
        Subscription subscription;
        if (assignor.equals("sticky")) {
            StickyAssignor own = new StickyAssignor();
            if (!fields[4].equals("-")) {
                own.onAssignment(new Assignment(owned), metadata(fields));
            }
            subscription = new Subscription(
                topics, own.subscriptionUserData(new LinkedHashSet<>(topics)), List.of(), generation, Optional.empty());
        } else {
            CooperativeStickyAssignor own = new CooperativeStickyAssignor();
            own.onAssignment(new Assignment(owned), metadata(fields));
            subscription = new Subscription(
                topics, own.subscriptionUserData(new LinkedHashSet<>(topics)), owned, generation, Optional.empty());
        }
        subscription.setGroupInstanceId(fields[1].equals("-") ? Optional.empty() : Optional.of(fields[1]));
        return subscription;
    }

    private static ConsumerGroupMetadata metadata(String[] fields) {
        return new ConsumerGroupMetadata("group", number(fields[4]), fields[0], Optional.empty());
    }

    private static int number(String text) {
        return text.equals("-") ? -1 : Integer.parseInt(text);
    }

    private static List<String> list(String text) {
        return text.equals("-") ? List.of() : Arrays.asList(text.split(","));
    }

    private static String print(Map<String, Assignment> shares) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(shares).forEach((member, assignment) -> {
            List<String> names = new ArrayList<>();
            assignment.partitions().stream()
                .sorted((a, b) -> a.topic().equals(b.topic())
                    ? Integer.compare(a.partition(), b.partition()) : a.topic().compareTo(b.topic()))
                .forEach(p -> names.add(p.topic() + "-" + p.partition()));
            text.append(text.length() == 0 ? "" : " ").append(member).append('=').append(String.join(",", names));
        });
        return text.toString();
    }
}
