"""This will give a fresh installation a publication to look at: articles, pictures and a feed."""
