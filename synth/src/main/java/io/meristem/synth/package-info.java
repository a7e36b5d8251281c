/**
 * Procedurally drawn, seeded, labelled pictures: leaves with symptoms for the demonstration, and general patterns for pre-training. They are
 * drawings, never photographs, and every folder written says so.
 *
 * <p>Pixels come from plain IEEE float arithmetic (no platform mathematics library, no fonts, no graphics pipeline), so a picture depends only
 * on its options, seed, class and index, not on the machine or on the thread that draws it.
 */
package io.meristem.synth;
