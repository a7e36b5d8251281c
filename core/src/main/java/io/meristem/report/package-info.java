/** Runs and studies as one HTML file for people: what to say about them, the tables and plots; the pages' markup is in {@code src/main/jte}. */
package io.meristem.report;
