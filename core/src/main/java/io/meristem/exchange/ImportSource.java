package io.meristem.exchange;

import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LowRankUpdate;
import io.meristem.execute.Network;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Something trained elsewhere, or exported from here, that becomes a run. */
public sealed interface ImportSource extends AutoCloseable permits PeftAdapter, TunedFile {

    /** Such as "an adapter of PEFT". */
    String kind();

    Path path();

    /** What it says of itself, or null where it says nothing. */
    ClassifierInfo info();

    /** What its logits are divided by; empty where it says nothing. */
    OptionalDouble temperature();

    /** The registry's network that it names, or null where it names none. */
    String model();

    /** The network that belongs under it, or null where that is the pretrained one. */
    Path base();

    /** The scale and dropout that its updates were trained with. */
    AdapterOptions options();

    /**
     * The layers that are updated.
     *
     * @throws InputException when it does not fit the network
     */
    List<String> layers(Network network);

    /** One layer's update; the caller's scope owns it. */
    LowRankUpdate update(String layer, Network network);

    /**
     * What one layer's update adds to each of its outputs, (out), scale included; null for nothing. The caller's scope owns it.
     *
     * @param layer one of {@link #layers}
     */
    default Tensor shift(String layer, Network network) {
        return null;
    }

    /** The network's parameters and buffers that are replaced as a whole. */
    Set<String> replaced();

    /**
     * Biases of the network that the source's own network has not, beside weights that it replaces: they are zero.
     *
     * @throws InputException when they should be there
     */
    Set<String> absentBiases(Network network);

    /** The shape of one of those that are replaced. */
    long[] shape(String name);

    /** The values of one of them; the caller's scope owns them. */
    Tensor read(String name);

    /** Of its tensors. */
    String sha256();

    @Override
    void close();

    /**
     * @param path a folder that PEFT has written, or a file that {@code export} has
     * @throws InputException when it is neither, or uses what has no equal here
     */
    static ImportSource open(Path path) {
        return Files.isDirectory(path) ? PeftAdapter.open(path) : TunedFile.open(path);
    }
}
