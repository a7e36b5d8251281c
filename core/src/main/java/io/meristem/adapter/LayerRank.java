package io.meristem.adapter;

/**
 * What a layer has been given.
 *
 * @param rank 0 for no adapter
 * @param numbers trainable ones
 */
public record LayerRank(LayerSize layer, int rank, long numbers) {}
