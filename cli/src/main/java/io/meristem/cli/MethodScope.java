package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.cli.MethodOptions.Name;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which methods an option belongs to, so that none is given in vain. Options that belong to all are not named here. */
final class MethodScope {

    private static final Map<String, Set<Name>> SCOPES = new LinkedHashMap<>();

    static {
        belong(
                EnumSet.of(Name.DRA),
                ScorerNames.OPTION,
                "--alpha",
                "--gamma",
                "--cost-power",
                "--kappa",
                "--cost-aware",
                "--calibration-epochs",
                "--calibration-batches",
                "--calibration-batch",
                "--updates",
                "--no-updates",
                "--update-when",
                "--update-at",
                "--start-size");
        belong(EnumSet.of(Name.DRA, Name.DYLORA), "--rank-min", "--rank-max");
        belong(EnumSet.of(Name.LORA, Name.DRA), "--rank");
        belong(EnumSet.of(Name.LORA), "--rank-limit");
        belong(
                EnumSet.of(Name.ADALORA),
                "--target-rank",
                "--init-rank",
                "--t-init",
                "--t-final",
                "--delta-t",
                "--beta1",
                "--beta2",
                "--orthogonality");
        belong(EnumSet.of(Name.DYLORA), "--dylora-frozen", "--dylora-ranks");
        belong(
                EnumSet.complementOf(EnumSet.of(Name.FULL, Name.HEAD)),
                "--lora-alpha",
                "--lora-scaling",
                "--rank-stabilised",
                "--lora-relative",
                "--init-lora-weights",
                "--adapter-dropout");
    }

    private MethodScope() {}

    private static void belong(Set<Name> methods, String... options) {
        for (String option : options) {
            SCOPES.put(option, methods);
        }
    }

    static Set<String> options() {
        return SCOPES.keySet();
    }

    /**
     * @param given options by their longest names, each as it was typed
     * @throws InputException where one of the options that are given belongs to other methods only
     */
    static void refuseOthers(Name method, Map<String, String> given) {
        List<String> others = given.keySet().stream()
                .filter(option ->
                        SCOPES.containsKey(option) && !SCOPES.get(option).contains(method))
                .toList();
        if (others.isEmpty()) {
            return;
        }
        String first = others.get(0);
        String owners = SCOPES.get(first).stream().map(Name::word).collect(Collectors.joining(" or "));
        throw new InputException(
                ErrorCode.CONFLICTING_SETTINGS,
                "The method %s has no use for %s: leave %s out, or choose the method with --method %s.",
                method.word(),
                others.stream().map(given::get).collect(Collectors.joining(", ")),
                others.size() == 1 ? "it" : "them",
                owners);
    }
}
