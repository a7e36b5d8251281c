package io.meristem.report;

import io.meristem.explain.HeatmapMethod;

/**
 * How a report shows what a run's network looked at.
 *
 * @param rank one that a DyLoRA run was trained for, or null for the run as it is; scores stay those of the run
 * @param threads processors to use, 0 for all
 */
public record HeatmapChoice(HeatmapMethod method, Integer rank, int threads) {}
