package muster.bottle;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * One connection, which drives one bottle at a time. A frame is a length of four bytes, a letter that says what to do,
 * and what that needs; it is answered when the bottle is idle, so one frame answers "idle?" as well.
 *
 * <p>The answer: 0 (done) or 1 (refused, and why); the answers of Kafka that came, each with the number that its
 * request was sent with, in their order; the names of the timers that the frame set, and of those that are not there
 * any more; lines of text, for the frames that ask for them. Strings have two bytes of length, all numbers are
 * big-endian.
 */
final class Driver {
    /** As Kafka's socket.request.max.bytes. */
    private static final int FRAME_MAX = 100 * 1024 * 1024;

    private record Answer(int number, ByteBuffer bytes) {
    }

    private record Settings(Map<String, Object> properties, boolean starts) {
    }

    private final DataInputStream in;
    private final DataOutputStream out;
    /** Building a service takes longer than a trace: those of the same settings use it one after the other. */
    private final Map<Settings, Bottle> bottles = new HashMap<>();
    private final List<Answer> answers = new ArrayList<>();
    private Bottle bottle;
    private Requests requests;

    Driver(InputStream in, OutputStream out) {
        this.in = new DataInputStream(new BufferedInputStream(in));
        this.out = new DataOutputStream(new BufferedOutputStream(out));
    }

    void run() throws IOException {
        try {
            while (true) {
                byte[] frame = new byte[length()];
                in.readFully(frame);
                reply(frame);
            }
        } catch (EOFException end) {
            // The driver has seen enough.
        } finally {
            bottles.values().forEach(Bottle::close);
        }
    }

    private int length() throws IOException {
        int length = in.readInt();
        if (length < 1 || length > FRAME_MAX) {
            throw new IOException("a frame of " + length + " bytes");
        }
        return length;
    }

    private void reply(byte[] frame) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream reply = new DataOutputStream(body);
        try {
            List<String> lines = obey(ByteBuffer.wrap(frame));
            reply.writeByte(0);
            reply.writeInt(answers.size());
            for (Answer answer : answers) {
                byte[] bytes = new byte[answer.bytes().remaining()];
                answer.bytes().get(bytes);
                reply.writeInt(answer.number());
                reply.writeInt(bytes.length);
                reply.write(bytes);
            }
            write(reply, bottle == null ? List.of() : bottle.clock().takeSet());
            write(reply, bottle == null ? List.of() : bottle.clock().takeGone());
            write(reply, lines);
        } catch (RuntimeException refusal) {
            body.reset();
            reply.writeByte(1);
            reply.writeUTF(String.valueOf(refusal));
        }
        answers.clear();
        out.writeInt(body.size());
        body.writeTo(out);
        out.flush();
    }

    private static void write(DataOutputStream reply, List<String> lines) throws IOException {
        reply.writeInt(lines.size());
        for (String line : lines) {
            reply.writeUTF(line);
        }
    }

    /** What the letters mean. */
    private List<String> obey(ByteBuffer frame) {
        char letter = (char) frame.get();
        if (bottle == null && letter != 'N' && letter != 'V') {
            throw new IllegalStateException("a new trace comes first");
        }
        switch (letter) {
            case 'V' -> {
                return versions();
            }
            case 'N' -> begin(frame);
            case 'R' -> {
                int number = frame.getInt();
                requests.handle(frame.slice(), bytes -> answers.add(new Answer(number, bytes)));
                bottle.runDry();
            }
            case 'F' -> {
                return bottle.fire(string(frame)) ? List.of("fired") : List.of();
            }
            case 'A' -> bottle.advance(frame.getLong());
            case 'M' -> bottle.endTransaction(frame.getLong(), frame.get() != 0);
            case 'P' -> bottle.clock().pass(frame.getLong());
            case 'T' -> {
                return bottle.clock().list();
            }
            case 'H' -> bottle.holdReplication();
            case 'U' -> bottle.releaseReplication();
            case 'X' -> bottle.failAppends(Errors.valueOf(string(frame)), frame.getInt());
            case 'S' -> bottle.resign();
            case 'L' -> bottle.loseUnreplicated();
            case 'E' -> bottle.elect(false);
            case 'C' -> bottle.load();
            case 'D' -> {
                return bottle.partitionLog().dump();
            }
            default -> throw new IllegalArgumentException("no frame begins with " + letter);
        }
        return List.of();
    }

    /**
     * A new trace: the seed of member ids, whether the service serves (0 active, 1 loading, 2 not the coordinator,
     * 3 not running), whether timers without a delay wait until they are named, properties of Kafka, topics with their numbers of partitions.
     */
    private void begin(ByteBuffer frame) {
        long seed = frame.getLong();
        int serving = frame.get();
        boolean patient = frame.get() != 0;
        Map<String, Object> properties = new HashMap<>();
        for (int left = frame.getInt(); left > 0; left--) {
            properties.put(string(frame), string(frame));
        }
        Map<String, Integer> partitions = new HashMap<>();
        for (int left = frame.getInt(); left > 0; left--) {
            partitions.put(string(frame), frame.getInt());
        }
        Settings settings = new Settings(properties, serving != 3);
        bottle = bottles.computeIfAbsent(settings, any -> new Bottle(properties, settings.starts()));
        bottle.reset(patient);
        MemberIds.seed(seed);
        requests = new Requests(bottle.coordinator(), partitions);
        if (serving <= 1) {
            bottle.elect(serving == 1);
        }
        answers.clear();
    }

    /** The key of each API that Kafka knows, with its lowest and its highest version. */
    private static List<String> versions() {
        return Arrays.stream(ApiKeys.values())
            .map(api -> api.id + " " + api.oldestVersion() + " " + api.latestVersion())
            .toList();
    }

    private static String string(ByteBuffer frame) {
        byte[] bytes = new byte[Short.toUnsignedInt(frame.getShort())];
        frame.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
