import numpy as np

def affine_forward(x, w, b):
	N=x.shape[0]
	xr=x.reshape(N,-1)
	out=xr.dot(w)+b
	cache=(x,w,b)
	return out,cache

def affine_backward(dout, cache):
	x,w,b=cache
	N=x.shape[0]
	xr=x.reshape(N,-1)
	dx=dout.dot(w.T).reshape(x.shape)
	dw=xr.T.dot(dout)
	db=np.sum(dout,axis=0)
	return dx,dw,db

def relu_forward(x):
	out=(np.abs(x)+x)/2
	cache=x
	return out,cache

def relu_backward(dout, cache):
	dx=dout*(cache>=0)
	return dx

def batchnorm_forward(x, gamma, beta, bn_param):
	mode=bn_param['mode']
	eps=bn_param.get('eps',1e-5)
	momentum=bn_param.get('momentum',0.9)
	N,D=x.shape
	running_mean=bn_param.get('running_mean',np.zeros(D,dtype=x.dtype))
	running_var=bn_param.get('running_var',np.zeros(D,dtype=x.dtype))
	cache={}
	if mode=='train':
		mu=x.mean(0)
		var=x.var(0)
		xh=(x-mu)/np.sqrt(var+eps)
		out=gamma*xh+beta
		cache={'xh':xh,'sd':np.sqrt(var+eps),'gamma':gamma}
		running_mean=(1-momentum)*running_mean+momentum*mu
		running_var=(1-momentum)*running_var+momentum*var
	elif mode=='test':
		out=gamma*(x-running_mean)/np.sqrt(running_var+eps)+beta
	else:
		raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
	bn_param['running_mean']=running_mean
	bn_param['running_var']=running_var
	return out,cache

def batchnorm_backward(dout, cache):
	xh,sd,gamma=cache['xh'],cache['sd'],cache['gamma']
	N=dout.shape[0]
	dbeta=dout.sum(0)
	dgamma=(dout*xh).sum(0)
	dx=(gamma/sd)*(dout-dbeta/N-xh*dgamma/N)
	return dx,dgamma,dbeta

def dropout_forward(x, dropout_param):
	p,mode=dropout_param['p'],dropout_param['mode']
	if 'seed' in dropout_param:
		np.random.seed(dropout_param['seed'])
	mask=None
	if mode=='train':
		mask=(np.random.rand(*x.shape)<p)/(1-p)	# inverted dropout
		out=x*mask
	elif mode=='test':
		out=x
	return out,(dropout_param,mask)

def dropout_backward(dout, cache):
	dropout_param,mask=cache
	if dropout_param['mode']=='train':
		dx=dout*mask
	else:
		dx=dout
	return dx
