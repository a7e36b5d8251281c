package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.op.WeightedLayer;
import io.meristem.rank.Scoring.Score;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.Tensor;

/**
 * What the update that has been trained does in each layer, direction by direction ({@link UpdateSpectrum}): rank goes where it was used. As long as nothing is
 * trained, all layers are alike.
 *
 * @param costPower 0 sorts directions by what they do, 1 by that per trainable number
 */
@JsonTypeName("update")
public record UpdateScorer(double costPower) implements Scorer, SortsDirections {

    public static final UpdateScorer DEFAULT = new UpdateScorer(0.5);

    public UpdateScorer {
        if (!(costPower >= 0 && costPower <= 1)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must lie in 0 to 1, not %s", Setting.COST_POWER.the(), costPower);
        }
    }

    @Override
    public Scorer withCostPower(double power) {
        return new UpdateScorer(power);
    }

    @Override
    public String about() {
        return "what the trained update does; equal ranks until the first update";
    }

    @Override
    public boolean keepsInputs() {
        return true;
    }

    @Override
    public boolean needsTraining() {
        return true;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        List<double[]> spectra = subject.trained().isEmpty() ? List.of() : spectra(subject);
        double greatest =
                spectra.stream().mapToDouble(UpdateScorer::effect).max().orElse(0);
        if (!(greatest > 0)) {
            return Scoring.of(Collections.nCopies(subject.layers().size(), new Score(1, Map.of())));
        }
        List<LayerSize> sizes = subject.sizes();
        int[] ranks = UpdateSpectrum.ranks(sizes, spectra, costPower, subject.options());
        int[] own = UpdateSpectrum.ranks(
                sizes, spectra, costPower, subject.options().withoutBudget());
        List<Score> scores = new ArrayList<>();
        for (int i = 0; i < ranks.length; i++) {
            double effect = effect(spectra.get(i));
            Map<String, Double> measures = new LinkedHashMap<>();
            measures.put("effect", effect);
            measures.put("own_rank", (double) own[i]);
            scores.add(new Score(effect / greatest, measures));
        }
        return new Scoring(
                List.copyOf(scores),
                ScorerMemory.NONE,
                Arrays.stream(ranks).boxed().toList(),
                Arrays.stream(own).boxed().toList());
    }

    private static double effect(double[] spectrum) {
        return DoubleStream.of(spectrum).sum();
    }

    /** In the order of the layers; empty for one that has no update. */
    private static List<double[]> spectra(ScoringContext subject) {
        Map<String, double[]> measured = InputPatches.of(
                subject.network(),
                subject.layers(),
                subject.photos(),
                (name, vectors) ->
                        spectrum(subject.layers().get(name), subject.trained().get(name), vectors));
        return subject.layers().keySet().stream().map(measured::get).toList();
    }

    private static double[] spectrum(WeightedLayer layer, Factors update, Tensor vectors) {
        if (update == null) {
            return new double[0];
        }
        Tensor b = Engine.onDevice(Tensors.of(update.b(), update.out(), update.rank()));
        Tensor a = Engine.onDevice(Tensors.of(update.a(), update.rank(), update.columns()));
        Tensor scale = layer.runningScale(); // of the normalisation that is folded in, for each output
        Tensor running = scale == null ? b : b.mul(scale.unsqueeze(1));
        Tensor weight = layer.runningWeight().reshape(layer.outFeatures(), layer.columns());
        return UpdateSpectrum.of(running, a, 1, vectors, weight);
    }
}
