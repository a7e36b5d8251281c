/** Asking a trained classifier about photos, whatever kind of file it lies in: views of a photo, calibrated probabilities, answers. */
package io.meristem.predict;
