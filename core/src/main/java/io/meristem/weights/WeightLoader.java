package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.execute.Network;
import io.meristem.zoo.ModelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Copies a file's tensors into a network, all or nothing. */
public final class WeightLoader {

    /** Whether the classifier layer comes from the file too. */
    public enum Head {
        /** It keeps its fresh start: the way to begin fine-tuning on other classes. */
        FRESH,
        /** It is loaded when its shape is the network's, and keeps its fresh start otherwise. */
        IF_IT_FITS,
        /** It is loaded like any other layer: the way to use a finished classifier. */
        REQUIRED
    }

    /**
     * @param head what to do with the classifier layer
     * @param candidates networks that the file may be of instead, for the guess in an error's sentence
     */
    public record Options(Head head, Collection<ModelSpec> candidates) {

        public Options {
            candidates = List.copyOf(candidates);
        }

        /** For fine-tuning: a fresh head. */
        public static Options fineTuning(Collection<ModelSpec> candidates) {
            return new Options(Head.FRESH, candidates);
        }

        /** For a finished classifier: the head is loaded too. */
        public static Options finished(Collection<ModelSpec> candidates) {
            return new Options(Head.REQUIRED, candidates);
        }
    }

    private final TensorFile file;
    private final Network network;
    private final Options options;
    private final Map<String, String> names;

    private final List<String> loaded = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final List<LoadReport.Misshaped> misshaped = new ArrayList<>();
    private final List<String> unexpected = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private boolean headWithoutBias;

    private WeightLoader(TensorFile file, Network network, Options options) {
        this.file = file;
        this.network = network;
        this.options = options;
        KeyMap found = KeyMap.of(file.path(), file.tensors().keySet(), KeyMap.needed(network));
        this.names = found.names();
        notes.addAll(file.notes());
        notes.addAll(found.notes());
    }

    /**
     * Copies the values of {@code file} into {@code network}.
     *
     * @param network materialised; unchanged when this throws
     * @throws InputException when a tensor other than the head's is missing, has another shape, or does not hold finite floating-point numbers
     */
    public static LoadReport load(TensorFile file, Network network, Options options) {
        return new WeightLoader(file, network, options).load();
    }

    private LoadReport load() {
        boolean replacedHead = sort();
        List<String> bad = new ArrayList<>(missing);
        misshaped.forEach(m -> bad.add(m.name()));
        if (replacedHead || headWithoutBias) {
            bad.removeIf(this::isHead);
        }
        if (!bad.isEmpty()) {
            throw new InputException(ErrorCode.MISMATCH, Message.plain(misfit(bad)));
        }
        // Everything is read once before anything is copied, so that a file that turns out unreadable leaves the
        // network
        // as it was. It costs a second pass over bytes that the system has just cached, and no memory.
        loaded.forEach(this::check);
        loaded.forEach(this::copy);
        if (headWithoutBias) {
            try (PointerScope scope = new PointerScope()) {
                network.params()
                        .get(headBias())
                        .set(torch.zeros(network.params().get(headBias()).shape()));
            }
        }
        return new LoadReport(loaded, missing, unexpected, misshaped, replacedHead, notes);
    }

    /** Puts every name into its list. Returns whether the head keeps its fresh start. */
    private boolean sort() {
        Map<String, String> left = new LinkedHashMap<>(names);
        network.params().forEach((name, param) -> {
            String inFile = left.remove(name);
            if (inFile == null) {
                missing.add(name);
            } else if (!Arrays.equals(info(name).dims(), param.shape())) {
                misshaped.add(new LoadReport.Misshaped(
                        name,
                        info(name).shape(),
                        Arrays.stream(param.shape()).boxed().toList()));
            } else {
                loaded.add(name);
            }
        });
        left.forEach((name, inFile) -> {
            if (!name.endsWith("num_batches_tracked")) {
                unexpected.add(inFile);
            }
        });
        if (!unexpected.isEmpty()) {
            notes.add(file.path() + " holds " + Phrases.count(unexpected.size(), "tensor") + " that "
                    + network.spec().name() + " has no place for: " + Phrases.first(unexpected));
        }
        return sortHead();
    }

    private boolean sortHead() {
        boolean whole = network.params().keySet().stream().filter(this::isHead).allMatch(loaded::contains);
        if (options.head == Head.REQUIRED || (options.head == Head.IF_IT_FITS && whole)) {
            return false;
        }
        if (options.head == Head.IF_IT_FITS && loaded.contains(headWeight()) && missing.contains(headBias())) {
            headWithoutBias = true;
            notes.add(file.path() + " has a head without a bias, so its bias is zero here, which computes the same.");
            return false;
        }
        loaded.removeIf(this::isHead);
        if (options.head == Head.IF_IT_FITS) {
            TensorInfo weight = names.containsKey(headWeight()) ? info(headWeight()) : null;
            notes.add("the head " + network.spec().headName() + " starts afresh: the file "
                    + (weight == null
                            ? "has none"
                            : "has one of shape " + weight.shape() + " for " + network.classes() + " classes"));
        }
        return true;
    }

    private String misfit(List<String> bad) {
        long absent = bad.stream().filter(missing::contains).count();
        List<String> parts = new ArrayList<>();
        if (absent > 0) {
            parts.add(Phrases.count(absent, "tensor") + (absent == 1 ? " is" : " are") + " missing");
        }
        if (bad.size() > absent) {
            long other = bad.size() - absent;
            parts.add(Phrases.count(other, "tensor") + (other == 1 ? " has" : " have") + " another shape");
        }
        StringBuilder sentence = new StringBuilder()
                .append(file.path())
                .append(" does not fit ")
                .append(network.spec().name())
                .append(": of ")
                .append(network.params().size())
                .append(" tensors, ")
                .append(String.join(" and ", parts))
                .append(" (")
                .append(Phrases.first(bad))
                .append(firstShapes(bad))
                .append("); ");
        return sentence.append(ModelGuess.of(file.tensors(), network.spec(), options.candidates))
                .toString();
    }

    /** The two shapes when the trouble begins with one, since they explain it best. */
    private String firstShapes(List<String> bad) {
        return misshaped.stream()
                .filter(m -> m.name().equals(bad.get(0)))
                .map(m -> ": " + m.inFile() + " in the file, " + m.inNetwork() + " in the network")
                .findFirst()
                .orElse("");
    }

    private void check(String name) {
        if (!info(name).dtype().isFloating()) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "%s stores %s as %s, not as floating-point numbers; export the weights without quantisation",
                    file.path(),
                    name,
                    info(name).dtype());
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            if (!file.read(names.get(name)).isfinite().all().item_bool()) {
                throw new InputException(
                        ErrorCode.NOT_FINITE,
                        "%s holds NaN or infinite numbers in %s, so the network would answer nonsense; use weights of a training that did not diverge",
                        file.path(),
                        name);
            }
        }
    }

    private void copy(String name) {
        try (PointerScope scope = new PointerScope()) {
            Tensor values = file.read(names.get(name));
            network.params().get(name).set(values);
        }
    }

    private TensorInfo info(String name) {
        return file.tensors().get(names.get(name));
    }

    private String headWeight() {
        return network.spec().headName() + ".weight";
    }

    private String headBias() {
        return network.spec().headName() + ".bias";
    }

    private boolean isHead(String name) {
        return name.equals(headWeight()) || name.equals(headBias());
    }
}
