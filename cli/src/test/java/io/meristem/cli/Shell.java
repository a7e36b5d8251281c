package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/**
 * What one command line printed and returned.
 *
 * @param code exit code
 */
record Shell(int code, String out, String err) {

    /** Arguments are turned into text. */
    static Shell run(Object... arguments) {
        String[] args = new String[arguments.length];
        for (int i = 0; i < args.length; i++) {
            args[i] = String.valueOf(arguments[i]);
        }
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), args);
        return new Shell(code, out.toString(), err.toString());
    }

    Shell succeeds() {
        assertEquals(0, code, err);
        return this;
    }

    /** Exit code 2 with one line on standard error, which names all of {@code words}; the note on the environment does not count. */
    Shell refuses(String... words) {
        List<String> lines =
                err.lines().filter(line -> !line.contains("Started without")).toList();
        assertEquals(2, code, err);
        assertEquals(1, lines.size(), err);
        assertTrue(lines.get(0).startsWith("meristem: "), err);
        for (String word : words) {
            assertTrue(lines.get(0).contains(word), "'" + word + "' is not in: " + lines.get(0));
        }
        assertFalse(lines.get(0).contains("Exception"), err);
        return this;
    }
}
