package io.meristem.weights;

import io.meristem.Limit;
import io.meristem.weights.TorchGlobals.Callable;
import io.meristem.weights.TorchGlobals.StorageRef;
import io.meristem.weights.TorchGlobals.StorageType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.Unpickler;

/**
 * Reads the pickle of a checkpoint as data. Every instruction passes {@link #dispatch}: those that only push numbers, texts and tuples go on to
 * the library; those that name or call something, or fill a container, are done here; all others are refused. So no class of the library's own
 * table, no reflection and no hashing of what a stranger wrote can be reached.
 *
 * <p>The result is made of maps with text keys in their order (entries under other keys are dropped), lists, tuples as arrays, texts, numbers,
 * booleans, null, {@link TorchGlobals.TensorRef}, {@link StorageRef} and {@link TorchGlobals#INERT}.
 */
final class TorchPickle extends Unpickler {

    private static final int MAX_NAME = 200;

    private final int mostInstructions = Limit.PICKLE_INSTRUCTIONS.intValue();
    private final int mostName = Limit.WEIGHTS_NAME.intValue();

    /** Instructions of protocols 2 to 5 that push plain values, make tuples, or remember and recall. */
    private static final Set<Short> PLAIN = Set.of(
            Opcodes.PROTO,
            Opcodes.FRAME,
            Opcodes.MARK,
            Opcodes.STOP,
            Opcodes.NONE,
            Opcodes.NEWTRUE,
            Opcodes.NEWFALSE,
            Opcodes.BININT,
            Opcodes.BININT1,
            Opcodes.BININT2,
            Opcodes.LONG1,
            Opcodes.LONG4,
            Opcodes.BINFLOAT,
            Opcodes.BINUNICODE,
            Opcodes.SHORT_BINUNICODE,
            Opcodes.BINUNICODE8,
            Opcodes.BINBYTES,
            Opcodes.SHORT_BINBYTES,
            Opcodes.BINBYTES8,
            Opcodes.EMPTY_TUPLE,
            Opcodes.TUPLE,
            Opcodes.TUPLE1,
            Opcodes.TUPLE2,
            Opcodes.TUPLE3,
            Opcodes.EMPTY_LIST,
            Opcodes.BINGET,
            Opcodes.LONG_BINGET,
            Opcodes.BINPUT,
            Opcodes.LONG_BINPUT,
            Opcodes.MEMOIZE,
            Opcodes.BINPERSID);

    /** The pickle asks for something that is not data. */
    static final class RefusedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        RefusedException(String what) {
            super(what);
        }
    }

    private int instructions;

    private TorchPickle() {}

    /**
     * @param pickle at most {@link Limit#PICKLE_MEGABYTES}
     * @throws RefusedException with the dotted name of what the pickle asks for
     * @throws IOException when it is damaged, in a few words
     */
    static Object read(byte[] pickle) throws IOException {
        try {
            return new TorchPickle().load(new ByteArrayInputStream(pickle));
        } catch (RefusedException e) {
            throw e;
        } catch (RuntimeException e) {
            // The library and the casts here answer nonsense with whatever exception comes first; to the user they are
            // all one.
            throw new IOException("its pickle is damaged", e);
        }
    }

    @Override
    protected Object dispatch(short key) throws IOException {
        if (++instructions > mostInstructions) {
            throw new IOException("its pickle has more instructions than " + Limit.PICKLE_INSTRUCTIONS.words());
        }
        if (PLAIN.contains(key)) {
            checkLength(key);
            return super.dispatch(key);
        }
        switch (key) {
            case Opcodes.GLOBAL -> stack.add(global(line(), line()));
            case Opcodes.STACK_GLOBAL -> {
                String name = (String) stack.pop();
                stack.add(global((String) stack.pop(), name));
            }
            case Opcodes.REDUCE -> call();
            case Opcodes.EMPTY_DICT -> stack.add(new LinkedHashMap<String, Object>());
            case Opcodes.EMPTY_SET -> stack.add(TorchGlobals.INERT);
            case Opcodes.FROZENSET -> {
                stack.pop_all_since_marker();
                stack.add(TorchGlobals.INERT);
            }
            case Opcodes.ADDITEMS -> stack.pop_all_since_marker();
            case Opcodes.SETITEM -> {
                Object value = stack.pop();
                put(stack.pop(), value);
            }
            case Opcodes.SETITEMS -> {
                List<Object> items = stack.pop_all_since_marker();
                for (int i = 0; i < items.size(); i += 2) {
                    put(items.get(i), items.get(i + 1));
                }
            }
            case Opcodes.APPEND -> {
                Object value = stack.pop();
                list().add(value);
            }
            case Opcodes.APPENDS -> {
                List<Object> items = stack.pop_all_since_marker();
                list().addAll(items);
            }
            // The attributes of a container, such as a state dict's _metadata, are of no use here.
            case Opcodes.BUILD -> stack.pop();
            case Opcodes.INST -> throw new RefusedException(shown(line()) + "." + shown(line()));
            case Opcodes.EXT1, Opcodes.EXT2, Opcodes.EXT4 -> throw new RefusedException("a registered extension");
            default ->
                throw new IOException(String.format(
                        Locale.ROOT, "its pickle has the instruction 0x%02x, which PyTorch does not write", key));
        }
        return NO_RETURN_VALUE;
    }

    /** Where PyTorch refers to a storage: {@code ("storage", class, key, location, length)}. */
    @Override
    protected Object persistentLoad(Object pid) {
        Object[] id = (Object[]) pid;
        if (!"storage".equals(id[0])) {
            throw new IllegalArgumentException("an unknown kind of reference");
        }
        return new StorageRef(((StorageType) id[1]).dtype(), (String) id[2]);
    }

    private static Object global(String module, String name) {
        Object found = TorchGlobals.find(module, name);
        if (found == null) {
            throw new RefusedException(shown(module) + "." + shown(name));
        }
        return found;
    }

    private void call() {
        Object[] arguments = (Object[]) stack.pop();
        stack.add(((Callable) stack.pop()).call(arguments));
    }

    @SuppressWarnings("unchecked") // every map on the stack was made here
    private void put(Object key, Object value) {
        if (key instanceof String text) {
            if (text.length() > mostName) {
                throw new IllegalArgumentException("a name of " + text.length() + " characters");
            }
            ((Map<String, Object>) stack.peek()).put(text, value);
        }
    }

    @SuppressWarnings("unchecked") // every list on the stack was made by the library as a list of objects
    private List<Object> list() {
        return (ArrayList<Object>) stack.peek();
    }

    /** Refuses a value that claims to be longer than what is left, before memory is taken for it. */
    private void checkLength(short key) throws IOException {
        int width =
                switch (key) {
                    case Opcodes.BINUNICODE, Opcodes.BINBYTES, Opcodes.LONG4 -> Integer.BYTES;
                    case Opcodes.BINUNICODE8, Opcodes.BINBYTES8 -> Long.BYTES;
                    default -> 0;
                };
        input.mark(width);
        long length = 0;
        for (int i = 0; i < width; i++) {
            length |= (input.read() & 0xffL) << (8 * i);
        }
        if (length < 0 || length > input.available()) {
            throw new IOException("its pickle ends too early");
        }
        input.reset();
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = input.read(); c != '\n'; c = input.read()) {
            if (c < 0 || line.size() > MAX_NAME) {
                throw new IOException("its pickle is damaged");
            }
            line.write(c);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** A stranger's name as it can stand in a message. */
    private static String shown(String name) {
        String printable = name.replaceAll("[^\\p{Graph}]", "?");
        return printable.length() > MAX_NAME ? printable.substring(0, MAX_NAME) + "…" : printable;
    }
}
