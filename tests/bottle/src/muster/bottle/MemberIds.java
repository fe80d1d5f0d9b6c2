package muster.bottle;

import java.security.Provider;
import java.security.SecureRandomSpi;
import java.security.Security;
import java.util.SplittableRandom;

/**
 * Kafka makes a member id of the client id and a random UUID, and chooses a leader by the order of a hash map of
 * ids. With a seed in place of the system's randomness, whatever hangs on an id is the same in every run.
 */
public final class MemberIds extends Provider {
    private static final long serialVersionUID = 1;

    /** A bottle runs on one thread, so each has a sequence of its own. */
    private static final ThreadLocal<SplittableRandom> SEQUENCE = ThreadLocal.withInitial(SplittableRandom::new);

    private MemberIds() {
        super("muster", "1", "repeatable randomness");
        put("SecureRandom.Seeded", Seeded.class.getName());
    }

    /** Before anything asks for randomness: the class that makes UUIDs keeps the source that it finds first. */
    static void install() {
        Security.insertProviderAt(new MemberIds(), 1);
    }

    /** From here on, ids of the calling thread follow from the seed. */
    static void seed(long seed) {
        SEQUENCE.set(new SplittableRandom(seed));
    }

    /** What the JDK instantiates by name. */
    public static final class Seeded extends SecureRandomSpi {
        private static final long serialVersionUID = 1;

        @Override
        protected void engineSetSeed(byte[] seed) {
            // The driver gives the seed.
        }

        @Override
        protected void engineNextBytes(byte[] bytes) {
            SEQUENCE.get().nextBytes(bytes);
        }

        @Override
        protected byte[] engineGenerateSeed(int length) {
            byte[] seed = new byte[length];
            engineNextBytes(seed);
            return seed;
        }
    }
}
