package io.meristem.study;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.adapter.LayerSize;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunConfig;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Split;
import io.meristem.execute.Network;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.TrainConfig;
import io.meristem.weights.TensorFile;
import io.meristem.weights.WeightCache;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The files that a study stands on, read once: photos by their fingerprints, weights by their hashes. And from these, the keys of runs. */
final class StudyInputs {

    /**
     * A photo folder.
     *
     * @param fingerprint of names and contents
     * @param groups hash of the table of groups, or null
     * @param training how many photos are for training
     * @param validation how many are for validation
     * @param synthetic whether they are drawings
     */
    record Photos(
            List<String> classes, String fingerprint, String groups, int training, int validation, boolean synthetic) {}

    private static final int KEY_DIGITS = 8;

    private final Map<StudyData, Photos> photos = new HashMap<>();
    private final Map<String, String> weights = new HashMap<>();
    private final Map<List<Object>, List<LayerSize>> layers = new HashMap<>();

    /** @throws InputException when photos or weights cannot be used */
    StudyInputs(Study study) {
        study.data().forEach(data -> photos.put(data, scan(data.data())));
        if (study.methods().stream().anyMatch(StudyMethod::isTuned)) {
            study.data().forEach(this::requireValidation);
        }
        for (StudyModel model : study.models()) {
            String file = model.model().weights();
            if (file != null) {
                try (TensorFile opened = TensorFile.open(Path.of(file))) {
                    String sha256 = opened.sha256();
                    WeightCache.open().require(opened.path(), sha256);
                    weights.put(file, sha256);
                }
            }
        }
    }

    private void requireValidation(StudyData data) {
        if (photos(data).validation() == 0) {
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "The photos of %s have no validation part, and tuning chooses settings on it: raise 'val_fraction' of their 'split', or leave the grids away.",
                    data.name());
        }
    }

    private static Photos scan(RunConfig.Data data) {
        ImageFolder folder = ImageFolder.scan(Path.of(data.folder()), data.split());
        return new Photos(
                folder.classes(),
                folder.fingerprint(),
                data.split().groupCsv() == null ? null : hash(bytes(data.split().groupCsv())),
                folder.photos(Split.TRAIN).size(),
                folder.photos(Split.VAL).size(),
                folder.isDrawn());
    }

    Photos photos(StudyData data) {
        return photos.get(data);
    }

    /** The layers that get adapters. */
    List<LayerSize> layers(StudyModel model, StudyData data, HeadPolicy head) {
        int classes = photos(data).classes().size();
        return layers.computeIfAbsent(List.of(model.model().name(), classes, head), k -> {
            try (Network network = new Network(Models.find(model.model().name()), classes)) {
                return head.adapted(network).entrySet().stream()
                        .map(layer -> LayerSize.of(layer.getKey(), layer.getValue()))
                        .toList();
            }
        });
    }

    /** Numbers that train beside a method's factors. */
    long beside(StudyRun cell) {
        int classes = photos(cell.data()).classes().size();
        try (Network network = new Network(Models.find(cell.model().model().name()), classes)) {
            return cell.train().trainNorm().numbers(network, cell.train().head());
        }
    }

    /**
     * The name of a run: words for people, and the first digits of a hash over all that its result depends on, photos and weights by content. Where the
     * files lie, the number of threads and the version of this software are not in it.
     */
    String key(StudyRun cell, TrainConfig train) {
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        ObjectNode model = (ObjectNode) Json.tree(cell.model().model());
        model.put("weights", weights.get(cell.model().model().weights()));
        all.set("model", model);
        ObjectNode data = (ObjectNode) Json.tree(cell.data().data());
        data.put("folder", photos(cell.data()).fingerprint());
        ((ObjectNode) data.get("split")).put("group_csv", photos(cell.data()).groups());
        all.set("data", data);
        all.set("train", Json.tree(train));
        return words(cell, train.label()) + "-" + digits(Json.line(all));
    }

    /** The first digits of a text's hash. */
    static String digits(String text) {
        return hash(text.getBytes(StandardCharsets.UTF_8)).substring(0, KEY_DIGITS);
    }

    /** The words of a key. */
    static String words(StudyRun cell, String method) {
        return String.join(
                        "-",
                        SubjectReader.last(Path.of(cell.data().data().folder())),
                        cell.model().model().name(),
                        method.replace("=", ""),
                        "s" + cell.seed())
                .replaceAll("[^A-Za-z0-9._-]+", "-")
                .replaceFirst("^[.-]+", "");
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "%s cannot be read (%s): check the path.", file, InputFiles.reason(e));
        }
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
