//! A Magento look-alike to run and test against.
