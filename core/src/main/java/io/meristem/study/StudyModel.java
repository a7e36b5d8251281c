package io.meristem.study;

import io.meristem.artifact.RunConfig;

/**
 * A network of a study.
 *
 * @param label how tables call it
 */
public record StudyModel(String label, RunConfig.Model model) {}
