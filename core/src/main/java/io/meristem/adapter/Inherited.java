package io.meristem.adapter;

import org.bytedeco.pytorch.Tensor;

/** Says what a trained tensor is made of, where there was another before; and so what the optimiser and averages remember of it. */
public sealed interface Inherited permits Slice, Mixture, Newborn {

    /** Place of the earlier tensor in the list of trained ones before; -1 where there was none. */
    int of();

    /** The same of the tensor at another place. */
    Inherited at(int place);

    /**
     * What becomes of values that stood for the earlier tensor, such as averages of it. The current scope owns what is new.
     *
     * @param earlier of that tensor's shape
     * @param now the tensor as it is now, whose own values are taken where nothing is inherited
     */
    Tensor values(Tensor earlier, Tensor now);

    /** What becomes of a mean of its gradients. */
    Tensor moments(Tensor earlier);

    /** What becomes of a mean of their squares: none becomes negative. */
    Tensor squares(Tensor earlier);
}
