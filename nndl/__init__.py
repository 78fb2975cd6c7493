"""Neural-network layers, nets and derivative exercises in plain numpy.

The package implements the interface that the students of UCLA's "Neural Networks and Deep
Learning" (ECE C147/C247) fill in, which goes back to Stanford's CS231n. It is written to be read:
every ``*_backward`` has its derivation in its docstring.

====================  ==========================================================================
Module                Content
====================  ==========================================================================
``layers``            every layer and loss, one file each
``layer_utils``       the layers that are used together: affine-ReLU, affine-batchnorm-ReLU
``neural_net``        a two-layer net in one piece, with its own training loop
``fc_net``            fully connected nets of any depth, made of the layers
``conv_layers``       convolution, pooling and normalisation of images; ``conv_layer_utils``
``rnn_layers``        embedding, RNN, LSTM, the layers of sequences
``activations``       sigmoid to softmax; ``attention``; ``losses``
``cnn``               a convolutional net of three layers
``classifiers``       linear classifiers, and a recurrent net that writes captions
``optim``             update rules from SGD to Adam
``solver``            the training loop for the modular nets, with checkpoints
``data_utils``        CIFAR-10 from its Python files, and a small data set of digits
``vis_utils``         many images in one
``gradient_check``    numerical derivatives under the course's function names
``autoencoder``       exercise: the linear autoencoder with tied weights
``gplvm``             exercise: the Gaussian process latent variable model
====================  ==========================================================================

Notebooks of the course import some of these from a folder ``utils``: ``utils.solver`` is
``nndl.solver`` here, and so are ``utils.data_utils``, ``utils.gradient_check`` and
``utils.vis_utils``.

Only numpy is needed; the digits come with scikit-learn, and the progress bar with tqdm. Nothing
here draws from, or seeds, numpy's global random state, except that the nets draw their initial
weights from it, ``neural_net`` its minibatches, and dropout nets and the solver one seed each, so
that ``np.random.seed`` makes a run repeat.
"""

__version__ = "0.1.0"
