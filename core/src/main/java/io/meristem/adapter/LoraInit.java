package io.meristem.adapter;

/** What the rows of A start from; B starts at zero in any case, so that the network's function is the pretrained one. */
public enum LoraInit {
    /** Drawn, of standard deviation 1/sqrt(columns): the mean square norm of a row is 1. */
    GAUSSIAN,
    /** Orthonormal rows that span what was drawn. (PEFT calls another start by this name: A and B both other than zero, with a product of zero.) */
    ORTHOGONAL,
    /** The leading right singular vectors of the loss's gradient, of norm 1 (after Zhang et al. 2025, LoRA-One; Wang et al. 2024, LoRA-GA). */
    GRADIENT
}
