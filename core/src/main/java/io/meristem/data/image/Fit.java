package io.meristem.data.image;

/** How a photo of any shape becomes the network's square. */
public enum Fit {
    /** Short side to size / cropFraction with the aspect kept, then the centre square: nothing is distorted, the margins are lost. */
    CROP,
    /** Both sides straight to the size: nothing is lost, the aspect is. */
    SQUASH
}
