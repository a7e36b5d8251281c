package io.meristem.workers;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Where workers find each other.
 *
 * @param file that all of them can write, where they are on one machine; or null
 * @param host of worker 0, which others can reach; null where there is a file
 * @param port on which worker 0 waits there
 * @param address of this worker's own network card, to which it binds and under which the others reach it
 */
public record Meeting(Path file, String host, int port, String address) {

    private static final String LOOPBACK = "127.0.0.1";

    public Meeting {
        Objects.requireNonNull(address, "address");
        if ((file == null) == (host == null)) {
            throw new IllegalArgumentException("workers meet in a file or at a host");
        }
    }

    /** On this machine: nothing listens beyond loopback. */
    public static Meeting here(Path file) {
        return new Meeting(file, null, 0, LOOPBACK);
    }

    /** On a network. */
    public static Meeting at(String host, int port, String address) {
        return new Meeting(null, host, port, address);
    }
}
