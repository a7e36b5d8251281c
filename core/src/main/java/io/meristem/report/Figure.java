package io.meristem.report;

/**
 * A plot with what a reader must know of it.
 *
 * @param id names it within the page
 * @param caption what is seen, in a sentence or two
 */
record Figure(String id, String title, String caption, Plot plot) {}
