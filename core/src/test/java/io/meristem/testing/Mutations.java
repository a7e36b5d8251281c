package io.meristem.testing;

import java.util.Arrays;
import java.util.Random;

/** Changes files here and there, for code that a coverage-guided fuzzer does not see into. */
public final class Mutations {

    private static final int MOST = 8;

    private Mutations() {}

    /** Some bytes of {@code sound} overwritten, taken out, doubled, or cut off. */
    public static byte[] change(byte[] sound, Random random) {
        byte[] bytes = sound.clone();
        for (int i = random.nextInt(MOST); i >= 0 && bytes.length > 1; i--) {
            // Half of the changes are near the beginning, where formats say most.
            int at = random.nextInt(random.nextBoolean() ? bytes.length : Math.min(bytes.length, 256));
            int length = Math.min(1 + random.nextInt(16), bytes.length - at);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> Arrays.fill(bytes, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0));
                case 3 -> bytes = join(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + length, bytes.length));
                default -> bytes = join(Arrays.copyOf(bytes, at + length), Arrays.copyOfRange(bytes, at, bytes.length));
            }
        }
        return random.nextInt(10) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
    }

    private static byte[] join(byte[] head, byte[] tail) {
        byte[] whole = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, whole, head.length, tail.length);
        return whole;
    }
}
