package muster.bottle;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.coordinator.common.runtime.CoordinatorEvent;
import org.apache.kafka.coordinator.common.runtime.CoordinatorEventProcessor;

/**
 * The event queue of the coordinator, run dry on the thread that asks for it.
 *
 * <p>Kafka's own processor hands the same queue to a pool of threads, and never runs two events of one partition at
 * once: what happens here is what happens there when each request is let through before the next is sent. And it
 * makes "idle" exact. An event is run, a task of the background executor is run, a timer without delay is fired, all
 * on this one thread, until none is left; the log answers within the call that appends to it; nothing else in the
 * coordinator has a thread or waits for one. So when {@link #runDry} returns, nothing is in flight: a request that is
 * not answered is parked until somebody does something.
 */
final class Events extends AbstractExecutorService implements CoordinatorEventProcessor {
    private final Clock clock;
    private final Deque<CoordinatorEvent> queue = new ArrayDeque<>();
    private final Deque<Runnable> background = new ArrayDeque<>();

    Events(Clock clock) {
        this.clock = clock;
    }

    @Override
    public void enqueueLast(CoordinatorEvent event) {
        queue.addLast(event);
    }

    @Override
    public void enqueueFirst(CoordinatorEvent event) {
        queue.addFirst(event);
    }

    /** Runs events, background tasks and timers without delay until there are none. */
    void runDry() {
        do {
            while (!queue.isEmpty()) {
                run(queue.removeFirst());
            }
            if (!background.isEmpty()) {
                background.removeFirst().run();
            }
        } while (!queue.isEmpty() || !background.isEmpty() || clock.runDue());
    }

    /** As Kafka's processor does: an event that fails is completed with its failure. */
    private static void run(CoordinatorEvent event) {
        try {
            event.run();
        } catch (Throwable failure) {
            event.complete(failure);
        }
    }

    @Override
    public void execute(Runnable task) {
        background.addLast(task);
    }

    @Override
    public void close() {
        queue.clear();
        background.clear();
    }

    @Override
    public void shutdown() {
        close();
    }

    @Override
    public List<Runnable> shutdownNow() {
        close();
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }
}
