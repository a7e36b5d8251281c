package io.meristem.tune;

import io.meristem.Folders;
import io.meristem.engine.Tensors;
import io.meristem.workers.GradientExchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The workers of one training. Worker 0 measures, allocates, judges and writes; before each epoch it says to the others how they go on, and with what: all that a resumed
 * training needs at the beginning and whenever more has changed than steps change, and otherwise the values of what trains, so that processors that round in other ways do not
 * drift apart.
 *
 * @param files how a state travels; null where there is one worker
 */
public record Team(GradientExchange exchange, StateFiles files) {

    /** A training in one process. */
    public static final Team ALONE = new Team(GradientExchange.NONE, null);

    /** A training's state as files. */
    public interface StateFiles {

        /** The files. */
        List<String> names();

        /** Puts all that a resumed training needs into a folder, which is empty. */
        void write(Checkpoint checkpoint, Path folder) throws IOException;

        /** Hands out what lies in a folder, for as long as {@code use} runs. */
        void read(Path folder, Consumer<SavedTraining> use);
    }

    /** How the others go on. */
    enum Word {
        /** From the state that follows. */
        STATE,
        /** With the next epoch, from the values that follow. */
        NEXT,
        /** Not at all: all epochs are done. */
        END
    }

    /** Worker 0 says how it goes on, if there is anybody to be told. */
    void say(Word word, Checkpoint checkpoint, List<Tensor> values) {
        if (exchange.alone()) {
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            exchange.broadcast(Tensors.of(new long[] {word.ordinal()}));
        }
        if (word == Word.STATE) {
            inFolder(folder -> {
                try (PointerScope scope = new PointerScope()) {
                    files.write(checkpoint, folder);
                }
                for (String name : files.names()) {
                    exchange.sendFile(folder.resolve(name));
                }
            });
        } else if (word == Word.NEXT) {
            share(values);
        }
    }

    /** What worker 0 says. */
    Word hear() {
        try (PointerScope scope = new PointerScope()) {
            Tensor word = Tensors.of(new long[] {-1});
            exchange.broadcast(word);
            return Word.values()[(int) word.item_long()];
        }
    }

    /** The state that worker 0 has sent. */
    void receive(Consumer<SavedTraining> use) {
        inFolder(folder -> {
            for (String name : files.names()) {
                exchange.receiveFile(folder.resolve(name));
            }
            files.read(folder, use);
        });
    }

    /** Gives tensors the values that worker 0 has. */
    void share(List<Tensor> values) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            TensorVector parts = new TensorVector();
            values.forEach(value -> parts.push_back(value.reshape(-1)));
            Tensor flat = torch.cat(parts);
            exchange.broadcast(flat);
            if (!exchange.leads()) {
                long at = 0;
                for (Tensor value : values) {
                    Tensors.inPlace(
                            value, value.copy_(flat.narrow(0, at, value.numel()).reshape(value.shape())));
                    at += value.numel();
                }
            }
        }
    }

    private interface Use {
        void of(Path folder) throws IOException;
    }

    private static void inFolder(Use use) {
        try {
            Path folder = Files.createTempDirectory("meristem-state");
            try {
                use.of(folder);
            } finally {
                Folders.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
