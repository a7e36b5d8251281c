package io.meristem.cli;

import io.meristem.Escape;
import java.io.PrintWriter;

/** Hands on what is printed, with nothing in it that steers a terminal but the ends of lines: the last guard, for a name that was printed as it is. */
final class SafeWriter extends PrintWriter {

    SafeWriter(PrintWriter out) {
        super(out, true);
    }

    @Override
    public void write(String text, int from, int length) {
        String safe = Escape.text(text.substring(from, from + length));
        super.write(safe, 0, safe.length());
    }

    @Override
    public void write(char[] text, int from, int length) {
        write(new String(text, from, length), 0, length);
    }

    @Override
    public void write(int c) {
        write(String.valueOf((char) c), 0, 1);
    }
}
