/** Weights as files: safetensors in and out, PyTorch checkpoints in, official weights fetched and cached, and all of it matched to a network. */
package io.meristem.weights;
