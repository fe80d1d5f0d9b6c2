package muster.bottle;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.timer.Timer;
import org.apache.kafka.server.util.timer.TimerTask;
import org.apache.kafka.server.util.timer.TimerTaskEntry;

/**
 * Time, and the timers that run in it. Time stands still until it is moved; a timer fires when it is named, or when
 * time is moved past it. A timer without a delay fires by itself, as Kafka's own does; or, since Kafka hands it to
 * another thread and something may come before it, when it is named.
 */
final class Clock implements Timer, Time {
    private static final long START_MS = 1_000_000_000_000L;

    /** Stands before the name of a timer whose coordinator is gone. */
    static final String ORPHAN = "orphan-";

    private final List<TimerTaskEntry> entries = new ArrayList<>();
    private final List<TimerTaskEntry> orphans = new ArrayList<>();
    private final List<TimerTask> due = new ArrayList<>();
    private final Set<String> added = new LinkedHashSet<>();
    private Set<String> before = Set.of();
    private long nowMs = START_MS;
    private boolean patient;

    /** Forgets every timer and begins anew; if `patient`, timers without a delay wait until they are named. */
    void reset(boolean patient) {
        this.patient = patient;
        entries.clear();
        orphans.clear();
        due.clear();
        added.clear();
        before = Set.of();
        nowMs = START_MS;
    }

    @Override
    public void add(TimerTask task) {
        TimerTaskEntry entry = new TimerTaskEntry(task, nowMs + Math.max(task.delayMs, 0));
        if (task.delayMs <= 0 && !patient) {
            due.add(task);
        } else {
            entries.add(entry);
            added.add(name(task));
        }
    }

    /**
     * The coordinator that set the timers is gone. Kafka cancels its timers before it fails what waits for replication,
     * and that may set timers again: those run on, and fire into whatever coordinator is there by then. In the classic
     * protocol they do nothing, because the groups of a coordinator that is gone are Dead. They are kept apart, under a
     * name of their own, so that none is taken for a timer of the next coordinator.
     */
    void orphan() {
        orphans.addAll(running());
        entries.clear();
        added.clear();
    }

    /** Runs the timers that had no delay. False: there were none. */
    boolean runDue() {
        List<TimerTask> tasks = List.copyOf(due);
        due.clear();
        tasks.forEach(TimerTask::run);
        return !tasks.isEmpty();
    }

    /**
     * Fires the timer of this name, however long it has to run; time moves to the moment at which it would have
     * fired by itself. False: no such timer is running.
     */
    boolean fire(String name) {
        Stream<TimerTaskEntry> named = running().stream().filter(entry -> name(entry.timerTask).equals(name));
        Stream<TimerTaskEntry> orphaned =
            orphans.stream().filter(entry -> (ORPHAN + name(entry.timerTask)).equals(name));
        Optional<TimerTaskEntry> found = Stream.concat(named, orphaned).findFirst();
        found.ifPresent(this::fire);
        return found.isPresent();
    }

    /** Takes the first timer that has run out by `untilMs` and fires it; false, and time is `untilMs`: none has. */
    boolean fireNext(long untilMs) {
        Optional<TimerTaskEntry> first = running().stream()
            .filter(entry -> entry.expirationMs <= untilMs)
            .min(Comparator.comparingLong(entry -> entry.expirationMs));
        first.ifPresentOrElse(this::fire, () -> nowMs = Math.max(nowMs, untilMs));
        return first.isPresent();
    }

    /** Time passes, and no timer has been looked at since. */
    void pass(long ms) {
        nowMs += ms;
    }

    private void fire(TimerTaskEntry entry) {
        entries.remove(entry);
        orphans.remove(entry);
        nowMs = Math.max(nowMs, entry.expirationMs);
        entry.timerTask.run();
    }

    /** Each running timer with the milliseconds that are left, in the order in which they run out. */
    List<String> list() {
        orphans.removeIf(TimerTaskEntry::cancelled);
        Stream<TimerTaskEntry> all = Stream.concat(running().stream(), orphans.stream());
        return all.sorted(Comparator.comparingLong(entry -> entry.expirationMs))
            .map(entry -> (orphans.contains(entry) ? ORPHAN : "") + name(entry.timerTask) + " "
                + (entry.expirationMs - nowMs))
            .toList();
    }

    /** The running timers that were set, or set again, since the last call. */
    List<String> takeSet() {
        Set<String> running = names();
        List<String> set = added.stream().filter(running::contains).toList();
        added.clear();
        return set;
    }

    /** The timers that ran at the last call and do not any more: fired or cancelled. */
    List<String> takeGone() {
        Set<String> running = names();
        List<String> gone = before.stream().filter(name -> !running.contains(name)).toList();
        before = running;
        return gone;
    }

    private Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        running().forEach(entry -> names.add(name(entry.timerTask)));
        return names;
    }

    /** A cancelled task knows that its entry is not its entry any more. */
    private List<TimerTaskEntry> running() {
        entries.removeIf(TimerTaskEntry::cancelled);
        return entries;
    }

    /**
     * A timer of the coordinator is an anonymous class that captured its key. A write that waits for replication
     * has a timer without a key, which is named by the event that it would fail.
     */
    private static String name(TimerTask task) {
        return captured(task, "val$key").or(() -> captured(task, "event")).orElse(task.getClass().getName());
    }

    private static Optional<String> captured(TimerTask task, String name) {
        try {
            Field field = task.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return Optional.of(String.valueOf(field.get(task)));
        } catch (NoSuchFieldException | IllegalAccessException other) {
            return Optional.empty();
        }
    }

    @Override
    public boolean advanceClock(long timeoutMs) {
        throw new IllegalStateException("time is moved by the driver");
    }

    @Override
    public int size() {
        return running().size();
    }

    @Override
    public void close() {
        reset(false);
    }

    @Override
    public long milliseconds() {
        return nowMs;
    }

    @Override
    public long nanoseconds() {
        return nowMs * 1_000_000;
    }

    @Override
    public void sleep(long ms) {
        throw new IllegalStateException("nobody sleeps in a bottle");
    }

    @Override
    public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) {
        throw new IllegalStateException("nobody waits in a bottle");
    }
}
