package io.meristem.adapter;

import io.meristem.Message;
import io.meristem.Setting;
import java.util.Collection;
import java.util.Optional;

/** What becomes of a rank that exceeds what a layer's weight, a matrix of some rows and columns, can use. */
public enum RankLimit {
    /** It is held to the layer's {@linkplain LayerSize#fullRank full rank}: more numbers would express nothing more. */
    LAYER,
    /** The layer gets it all the same, as in the published study: its LoRA counts ranks of up to 16 on depthwise weights of 9 columns. */
    NONE;

    /** The rank that a layer gets where {@code rank} was asked for. */
    public int of(int rank, LayerSize layer) {
        return this == NONE ? rank : Math.min(rank, layer.fullRank());
    }

    /** How many layers can use less than {@code rank}. */
    public static long exceeded(int rank, Collection<LayerSize> layers) {
        return layers.stream().filter(layer -> layer.fullRank() < rank).count();
    }

    /**
     * One sentence where {@code rank} is more than the weights of some layers can use.
     *
     * @param usual the method's default: up to there nobody asked for more than is usual, and nothing is said
     */
    public Optional<Message> note(int rank, int usual, Collection<LayerSize> layers) {
        long count = exceeded(rank, layers);
        if (count == 0 || rank <= usual) {
            return Optional.empty();
        }
        Message then = this == LAYER
                ? Message.of("there it is held to the number of the weight's rows or columns, whichever is less.")
                : Message.of(
                        "they get it all the same, as in the published study; %s holds it to what they can use.",
                        Setting.RANK_LIMIT.the("layer"));
        return Optional.of(Message.of(
                "Rank %d is more than the weight can use on %d of %d layers: %s", rank, count, layers.size(), then));
    }
}
