package io.meristem.study;

import io.meristem.artifact.RunConfig;

/**
 * A photo folder of a study.
 *
 * @param name how tables call it
 */
public record StudyData(String name, RunConfig.Data data) {}
