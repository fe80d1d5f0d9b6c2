package muster.bottle;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Kafka's own group coordinator in a bottle: clock, timers, replication and leadership are in the hand of whoever
 * is connected. Prints the loopback port on which it listens; each connection has a bottle of its own, on a thread
 * of its own. Ends when standard input does, so that it never outlives the test that started it.
 */
public final class Main {
    private Main() {
    }

    public static void main(String[] arguments) throws IOException {
        MemberIds.install();
        try (ServerSocket listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
            daemon("end-of-input", Main::endWithInput);
            System.out.println(listener.getLocalPort());
            System.out.flush();
            for (int number = 1; ; number++) {
                Socket connection = listener.accept();
                daemon("bottle-" + number, () -> serve(connection));
            }
        }
    }

    private static void serve(Socket connection) {
        try (connection) {
            connection.setTcpNoDelay(true);
            new Driver(connection.getInputStream(), connection.getOutputStream()).run();
        } catch (IOException gone) {
            // Whoever was connected has gone, and with it what it was told.
        }
    }

    private static void endWithInput() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is said on standard input.
            }
        } catch (IOException closed) {
            // As good as its end.
        }
        Runtime.getRuntime().halt(0);
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
