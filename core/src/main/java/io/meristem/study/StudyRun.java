package io.meristem.study;

import io.meristem.tune.TrainConfig;

/**
 * One run of a study, whatever tables it serves and whatever they call it.
 *
 * @param train but for the seed
 * @param sizeOf where its size comes from, or null
 */
record StudyRun(StudyModel model, StudyData data, TrainConfig train, StudyMethod.SizeOf sizeOf, long seed) {}
